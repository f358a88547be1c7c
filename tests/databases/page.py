"""The section of docs/databases.md that ``make databases`` writes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

TITLE = "## What it costs"


@dataclass(frozen=True, slots=True)
class Costs:
    """What was measured on one kind of database; milliseconds but for the first two.

    Attributes
    ----------
    bot_seconds, server_seconds
        Seconds of a processor in a simulated hour: the bot's, and those of the server beside it.
    look_ms, loop_ms
        Of the bot's processor: the guards' look at the account, and a loop that asks 80 entries.
    halt_ms, worst_halt_ms, stamp_ms
        Real time until the database has kept a halt (median, 99th of 100) or a stamp (median).
    """

    kind: str
    bot_seconds: float
    server_seconds: float
    look_ms: float
    loop_ms: float
    halt_ms: float
    worst_halt_ms: float
    stamp_ms: float


ROWS = (
    ("Bot, processor seconds a simulated hour (720 loops)", "bot_seconds"),
    ("Server beside it, processor seconds a simulated hour (720 loops)", "server_seconds"),
    ("The guards' look at the account, processor ms a loop", "look_ms"),
    ("That and 80 entries asked about, processor ms a loop", "loop_ms"),
    ("A halt kept in the database, ms, median", "halt_ms"),
    ("A halt kept in the database, ms, 99th of 100", "worst_halt_ms"),
    ("A stamp kept in the database, ms, median", "stamp_ms"),
)


def written(
    text: str, costs: Sequence[Costs], day: str, hours: float, cores: int, load: float
) -> str:
    """Return a page with this section in the place of the one that it has."""
    lines = [
        f"| | {' | '.join(one.kind for one in costs)} |",
        f"|---|{'---:|' * len(costs)}",
        *(
            f"| {said} | {' | '.join(f'{getattr(one, name):,.1f}' for one in costs)} |"
            for said, name in ROWS
        ),
    ]
    section = (
        f"{TITLE}\n\n"
        f"`make databases` writes this. Made on {day}: {cores} cores with a load of {load:.1f} "
        "beside others,\n"
        "both bots at the same time on the same market, two pairs, 60 times real time, a loop each "
        "5 s,\n"
        f"{hours:g} simulated hours; a look and a loop with 80 pairs asked about, 20 held and "
        "1,000 closed\n"
        "trades; PostgreSQL on the same machine, over loopback, with `fsync`.\n\n"
        + "\n".join(lines)
        + "\n\n"
        "A halt is in the decision log before it is in the database, so what the database takes "
        "longer is\nnot what a halt waits for.\n"
    )
    pattern = re.compile(rf"^{TITLE}\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
    if not pattern.search(text):
        raise ValueError(f"expected a section {TITLE!r}, found none")
    return pattern.sub(lambda _: f"{section}\n", text).rstrip("\n") + "\n"
