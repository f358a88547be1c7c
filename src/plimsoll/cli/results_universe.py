"""Which pairs portfolios could hold in each month: the universe by rule, as a table."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from plimsoll.cli.results_cells import code, grid

if TYPE_CHECKING:
    from plimsoll.lab.study_rows import StudyRow

UNIVERSE = """
## Which pairs could be held

By rule: each month a portfolio holds those pairs that, by what was known before it began, had been
listed for {days} days, had candles (and funding, where the strategy looks at it) on
{present:.0f} % of the latest {days}, and traded {usd:,.0f} USD on the median day. Other strategies
trade every pair from its first candle. A pair that was delisted takes part only where its data are
in the folder.
"""

LAYER = "universe.json"


def universe(rows: "Sequence[StudyRow]") -> str:
    """Return who was a member when; nothing without a universe by rule."""
    from plimsoll.signals.universe import UniverseRule

    held: dict[tuple[tuple[str, tuple[str, ...]], ...], list[str]] = {}
    for row in rows:
        if row.members is not None:
            names = held.setdefault(tuple(row.members.items()), [])
            if row.strategy not in names:
                names.append(row.strategy)
    if not held:
        return ""
    lines = [
        [", ".join(map(code, names)), *cells]
        for members, names in held.items()
        for cells in spans(dict(members))
    ]
    rule = UniverseRule()
    said = UNIVERSE.format(
        days=rule.days, present=100 * rule.least_present_fraction, usd=rule.least_daily_usd
    )
    return f"{said}\n{grid(['strategies', 'months', 'pairs', 'members'], lines)}"


def spans(members: Mapping[str, tuple[str, ...]]) -> list[list[str]]:
    """Return a row of cells for each run of months with the same members."""
    made = []
    for pairs, run in groupby(members.items(), key=lambda month: month[1]):
        months = [month for month, _ in run]
        when = months[0] if len(months) == 1 else f"{months[0]} to {months[-1]}"
        bases = ", ".join(pair.partition("/")[0] for pair in pairs)
        made.append([when, str(len(pairs)), bases or "–"])
    return made
