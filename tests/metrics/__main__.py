"""``make alert-drills``: play the drill of the alerts; its record, its page and its pictures."""

import json
import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.conftest import ROOT
from tests.metrics.drill import ALWAYS, play
from tests.metrics.pictures import FOLDER
from tests.metrics.stack import ABSENT, MISSING, Waits

PAGE = ROOT / "docs/alert-drill.md"
RECORD = Path(__file__).with_name("drill.json")
BLOCK = re.compile(
    r"(<!-- written by make alert-drills -->\n).*?(<!-- end of the drill -->)", re.DOTALL
)
STATIONS = ("pending", "firing", "alertmanager", "webhook", "mail", "telegram")
HEAD = (
    "| Cause | Alert | Pending | Firing | Alertmanager | Webhook | Mail | Telegram |\n"
    "|---|---|---|---|---|---|---|---|\n"
)
STEPS_HEAD = "| Cause | What happened | After |\n|---|---|---|\n"


def block(record: dict[str, Any]) -> str:
    """Return what the page says of a drill."""
    waits = Waits()
    head = (
        f"Played on {record['day']}. For {record['quiet_seconds']:.0f} s nothing happened, and no "
        f"alert fired but `{ALWAYS}`; in all {record['watched_seconds']:.0f} s "
        f"{_count(record['false_alarms'])} reached anybody without a cause"
        f"{_held(record['held_back'])}. Telegram refused "
        f"{record['refused_by_telegram'] or 'none'} of the messages. Of {record['panels']} panels "
        f"{_empty(record['empty_panels'])}."
    )
    ladder = (
        f"The ladder's waits were {waits.mail:.0f} s to mail and {waits.webhook:.0f} s to webhook, "
        f"and silence was an alarm after {waits.dead_man:.0f} s; the shipped ones are longer."
    )
    tables = (HEAD + ways(record["ways"]), ladder, STEPS_HEAD + steps(record["steps"]))
    return "\n".join([head, "", tables[0], tables[1], "", tables[2]])


def ways(rows: list[dict[str, Any]]) -> str:
    """Return the rows of the alerts' table."""
    return "".join(
        f"| {one['cause']} | `{one['alert']}` | "
        + " | ".join(_seconds(one[station]) for station in STATIONS)
        + " |\n"
        for one in rows
    )


def steps(rows: list[dict[str, Any]]) -> str:
    """Return the rows of what happened beside the alerts."""
    return "".join(f"| {one['cause']} | {one['what']} | {one['seconds']:.1f} s |\n" for one in rows)


def _seconds(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.1f} s" if value >= 0 else "before"


def _count(names: list[str]) -> str:
    return f"{len(names)} ({', '.join(f'`{one}`' for one in names)})" if names else "none"


def _held(names: list[str]) -> str:
    named = ", ".join(f"`{one}`" for one in names)
    return f", and Alertmanager held back {named}, which `PlimsollBotDown` covers" if names else ""


def _empty(titles: list[str]) -> str:
    named = ", ".join(f"“{one}”" for one in titles)
    return f"{len(titles)} were empty, and say why: {named}" if titles else "none was empty"


def written(record: dict[str, Any]) -> None:
    """Write a drill's block into its page."""
    page = PAGE.read_text(encoding="utf-8")
    text = block(record)
    PAGE.write_text(BLOCK.sub(lambda found: found[1] + text + found[2], page), encoding="utf-8")


def main() -> int:
    """Return 0 when everything arrived, 1 when an alert without a cause fired, 2 without tools."""
    if ABSENT:
        sys.stderr.write(f"make alert-drills {MISSING}\n")
        return 2
    with TemporaryDirectory(prefix="alert-drill-") as name:
        outcome = play(Path(name), pictures=FOLDER, say=print)
    record = outcome.as_record()
    print(json.dumps(record, indent=1))
    if outcome.false_alarms:
        sys.stderr.write(f"fired without a cause: {', '.join(outcome.false_alarms)}\n")
        return 1
    RECORD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    written(record)
    return 0


if __name__ == "__main__":
    sys.exit(main())
