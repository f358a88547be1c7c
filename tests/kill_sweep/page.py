"""``docs/kill-sweep.md``, written from what a sweep found."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from tests.kill_sweep.plan import PHASES
from tests.kill_sweep.rounds import AGREED_WITHIN_LOOPS, Finding

BEFORE = Path(__file__).with_name("before.json")
"""The same sweep with the code as it was before positions were reconciled."""

HEAD = """# The kill sweep

<!-- Written by `make kill-sweep` from what it found. Do not edit by hand. -->

A bot that trades the [simulated exchange](venue.md) live, with stops on the exchange, is killed
with `kill -9` {kills} times, at moments drawn from a seed, and started again each time. Then the
exchange's own books, asked over its API, are compared with the bot's database.

```bash
make kill-sweep                  # {kills} kills, two bots at a time; rewrites this page
make kill-sweep KILLS=500 SEED=2 # others
make kill-sweep ONLY=37          # one round again
```

A moment is near a request: before the exchange carries it out, when it has and the bot does not
know yet, or some milliseconds after the answer, before the bot has written it down. Or it is near
an event: the record of a halt, the flag file, 00:00 UTC.

| Phase | What is going on |
| --- | --- |
| entry | two market entries are sent and stored |
| stop placement | their stops are placed on the exchange |
| partial exit | half of each position is sold; its stop stays as it is. \
A moment at a request for the stop never comes there, and the kill follows after 90 s |
| flatten | the flag file halts: record, lock, stops cancelled, positions closed |
| day's turn | around midnight: positions held, entered or being closed, or the account halted |

*Orphan orders* are open on the exchange and not in the database; *unexplained positions* differ
between the two in size or side; *missing stops* are positions without a stop for their whole size.
They are counted when the books agree, or after {patience} loops, half an hour of the exchange's
time. *Latch kept* counts the kills before which a halt was on record: the
flag file is removed before the restart, and the bot must be halted and flat. *Until the books
agree* counts the loops after the restart, median and longest: 1 is the first.

A sweep of 120 kills takes about 10 minutes on two quiet cores. 0 of 120 is not never: it means
below 2.5 % with 95 % confidence.

"""


def write_page(sweep: Mapping[str, Any], page: Path) -> None:
    """Write the page."""
    rounds = [Finding(**one) for one in sweep["rounds"]]
    parts = [
        HEAD.format(kills=sweep["kills"], patience=AGREED_WITHIN_LOOPS),
        f"## {sweep['kills']} kills, seed {sweep['seed']}\n\n",
        table(rounds),
        _failures(rounds),
    ]
    if BEFORE.exists():
        parts.append(_before(json.loads(BEFORE.read_text(encoding="utf-8"))))
    page.write_text("".join(parts), encoding="utf-8")


def _before(sweep: Mapping[str, Any]) -> str:
    text = (
        f"\n## The same sweep before\n\n{sweep['kills']} kills, seed {sweep['seed']}, with commit "
        f"`{sweep['commit']}`, which believed the database alone.\n\n"
    )
    return text + table([Finding(**one) for one in sweep["rounds"]])


def table(rounds: Sequence[Finding]) -> str:
    """Return one row a phase, and one for all."""
    head = (
        *("Phase", "Kills", "Orphan orders", "Unexplained positions", "Missing stops"),
        *("Latch kept", "Failed otherwise", "Loops until the books agree"),
    )
    lines = [head, ["---"] * len(head)]
    lines += [_row(phase, [one for one in rounds if one.phase == phase]) for phase in PHASES]
    lines.append(_row("all", rounds))
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _row(name: str, rounds: Sequence[Finding]) -> list[str]:
    latched = [one for one in rounds if one.latch_kept is not None]
    took = [one.agreed_after_loops for one in rounds if one.agreed_after_loops is not None]
    return [
        name,
        str(len(rounds)),
        _count(one.orphan_orders for one in rounds),
        _count(one.unexplained_positions for one in rounds),
        _count(one.missing_stops for one in rounds),
        f"{sum(bool(one.latch_kept) for one in latched)} of {len(latched)}" if latched else "–",
        str(sum(bool(one.failure) for one in rounds)),
        f"{median(took):.0f} / {max(took):.0f}" if took else "–",
    ]


def _count(lists: Iterable[Sequence[str]]) -> str:
    return str(sum(len(one) for one in lists))


def _failures(rounds: Sequence[Finding]) -> str:
    bad = [one for one in rounds if not one.is_sound]
    if not bad:
        return "\nNo round failed.\n"
    lines = ["", "Rounds that failed:", ""]
    for one in bad:
        wrong = [*one.orphan_orders, *one.unexplained_positions, *one.missing_stops]
        wrong += ["the latch was lost"] if one.latch_kept is False else []
        wrong += [one.failure] if one.failure else []
        lines.append(f"- {one.round}, {one.phase}, {one.moment}: {'; '.join(wrong)}")
    return "\n".join(lines) + "\n"
