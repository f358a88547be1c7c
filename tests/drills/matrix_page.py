"""The matrix on ``docs/drills.md``: ``python -m tests.drills.matrix_page certificate.json``."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from plimsoll.lab.drilling.faults import FAULTS
from plimsoll.lab.drilling.matrix import cells
from plimsoll.reporting.certificate_page import why
from tests.conftest import ROOT

PAGE = ROOT / "docs" / "drills.md"
NOTES = ROOT / "tests" / "drills" / "matrix_notes.md"
"""What a person says about the run: the machine, and why a row is red."""
BEGIN, END = "<!-- The matrix: by `make drills`. -->", "<!-- The end of the matrix. -->"
INTRO = """## The matrix

Each guard and switch is tripped from outside of the bot, under each fault that makes sense: in live
mode, with orders on the exchange's account and stops there; in dry-run where its books differ.
`plimsoll drill --all` does it and writes a certificate, as JSON and as a page, with versions, seed
and fingerprints. `plimsoll drill --check FILE` ends with 1 once code, config, risk profile,
strategy or Freqtrade have changed, when a row is red, or when one of the matrix is missing (with
`--only`, one of those that it names). With `-c my-limits.json --strategy Mine`
it is a strategy of your own under layers of your own; the limits are the drill's, the nearest of
them the one that a row is about.

```bash
plimsoll drill --all                        # every row, two at a time
plimsoll drill --all --only "drawdown"      # one guard; "*/kill-9/live" one fault
plimsoll drill --all --at-most 60           # an hour of it, the most important rows first
plimsoll drill --all --resume               # go on where it was ended
plimsoll drill --check out/drill/certificate/certificate.json
```

A row whose fault hit nothing is red: it would say nothing about it. The exchange's books are read
where no fault reaches (`GET /plimsoll/books`). A row waits as long as an idle machine takes; on a
busy one until the bot has had a quarter of the loops that go with it, but no more than five times
as long.

- A row that **closes** asserts: nothing held, no order after the verdict but those that close, no
  order or stop left behind, database and exchange agree, the log's chain is whole, the strict
  Telegram service accepted the message, a bot killed with `kill -9` and started again is still held
  and enters nothing, and `plimsoll resume` re-arms it.
- One that closes **a pair** (`stale_data`, `liquidation_distance`) asserts that the exchange sold
  all of it before anything was bought again, that the other pairs are left alone, and, once the
  cause is over and the bot was killed and started, that it trades the pair again on books that
  agree.
- `api_errors` and blind guards count in the process, so that no restart is held by them: their
  rows end the cause, kill the bot, and assert that it trades again by itself. `api_errors` may end
  before that: no order may open until its end is on record, and the exchange sold all that was
  held.
- One that **denies** asserts that no order was sent, nothing is held, a forced entry is refused
  while the fault lasts, and refused by the same guard after it.
- `probation` asserts each stake after a re-arming, and again after a `kill -9`. A fault that halts
  the account is expected to, and that halt is ended first.
- A row of a **step** is killed at one request, before it is carried out, before it is answered, or
  after; then both books must agree.

A bot that ends is started again, as a restart policy would. Every guard without a fault comes
first, then every fault with `drawdown`, `manual_halt` and `daily_loss`, then the rest of live mode,
then the dry-run: a drill that is cut short has the rows that matter most, and its certificate is
red for those that are missing. `--own-limits` is refused: each row sets the limit that it is about.
"""


def matrix(certificate: Mapping[str, Any]) -> str:
    """Return the section."""
    rows, counts = certificate["rows"], certificate["counts"]
    made = f"Plimsoll {certificate['versions']['plimsoll']}, seed {certificate['seed']}"
    wanted, red = counts["wanted"], counts["red"]
    drilled = f"{counts['rows']} of {wanted}" if counts["rows"] != wanted else str(wanted)
    minutes = sum(row["took_seconds"] for row in rows) / 60
    total = (
        f"{drilled} rows: {counts['rows'] - red} green, {red} red (guards: {counts['guards']}, "
        f"faults: {counts['faults']}), {minutes:.0f} minutes of single rows added up ({made}). "
        f"{len(certificate['left_out'])} cells make no sense; the certificate has the reason of "
        "each. **Loops** and **seconds** (the exchange's) run from the verdict to the last fill: "
        "median / longest."
    )
    whole = len(cells())
    if counts["rows"] < whole:
        total += f" The whole matrix has {whole} rows; the others were not drilled."
    if NOTES.exists():
        total += f"\n\n{NOTES.read_text(encoding='utf-8').strip()}"
    parts = [
        BEGIN,
        INTRO,
        total + "\n",
        _by(rows, "scenario", "Guard or switch", certificate["how"]),
    ]
    parts += [_by(rows, "fault", "Fault", {name: one.what for name, one in FAULTS.items()})]
    bad = [row for row in rows if not row["ok"]]
    if bad:
        parts.append("Red rows:\n")
        parts += [f"- {_name(row)}: {why(row)}" for row in bad]
        parts.append("")
    return "\n".join([*parts, END, ""])


def _by(rows: Sequence[Mapping[str, Any]], key: str, head: str, what: Mapping[str, str]) -> str:
    lines = [
        f"| {head} | What | Rows | Red | Loops | Seconds |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name in dict.fromkeys(row[key] for row in rows):
        own = [row for row in rows if row[key] == name]
        red = sum(not row["ok"] for row in own)
        loops, seconds = (_spread(own, one) for one in ("loops", "simulated_seconds"))
        lines.append(f"| {name} | {what[name]} | {len(own)} | {red} | {loops} | {seconds} |")
    return "\n".join(lines) + "\n"


def _spread(rows: Sequence[Mapping[str, Any]], key: str) -> str:
    values = [float(row[key]) for row in rows if row[key] is not None]
    return f"{median(values):.0f} / {max(values):.0f}" if values else "–"


def _name(row: Mapping[str, Any]) -> str:
    return f"{row['scenario']} / {row['fault']} / {row['mode']}"


def section_of(text: str) -> str:
    """Return the matrix of a page, empty when it has none."""
    _, begin, rest = text.partition(BEGIN)
    body, end, _ = rest.partition(END)
    return f"{begin}{body}{end}\n" if begin and end else ""


def with_matrix(text: str, section: str) -> str:
    """Return a page with the matrix before its first section."""
    old = section_of(text)
    if old:
        return text.replace(old, section)
    head, mark, rest = text.partition("\n## ")
    return f"{head}\n{section}{mark}{rest}"


def main(words: Sequence[str]) -> None:
    """Write the section into the page."""
    certificate = json.loads(Path(words[0]).read_text(encoding="utf-8"))
    text = with_matrix(PAGE.read_text(encoding="utf-8"), matrix(certificate))
    PAGE.write_text(text, encoding="utf-8")
    print(f"written: {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main(sys.argv[1:])
