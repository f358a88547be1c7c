"""What of a portfolio's targets its account could hold: a section of a report."""

from plimsoll.performance.shortfall import Shortfall
from plimsoll.reporting.sections import Section, Text
from plimsoll.reporting.tables import Table, plain_table
from plimsoll.reporting.words import counted, percent

TITLE = "What the account could hold of its targets"


def target_section(shortfall: Shortfall, key: str) -> Section:
    """Tell how much of its targets a portfolio held, and which limit left out how much."""
    blocks: list[Text | Table] = [Text([_summary(shortfall)])]
    if shortfall.causes:
        rows = [
            (one.cause, f"{one.pair_days:,}", percent(one.gross, 2), _share(one.gross, shortfall))
            for one in shortfall.causes
        ]
        columns = ("Limit", "Pair-days", "Of equity, a day", "Of the targets")
        blocks.append(plain_table("Left out, by limit", columns, rows))
    return Section(key, TITLE, blocks)


def _summary(shortfall: Shortfall) -> str:
    asked = f"Its targets were {percent(shortfall.asked)} of equity on average"
    held = f"and {percent(shortfall.held)} could be held"
    days = f"on {shortfall.days_short:,} of {counted(shortfall.days, 'day')}"
    if not shortfall.causes:
        return f"{asked}, {held}: nothing was left out."
    return (
        f"{asked}, {held}: something was left out {days}, in {shortfall.pair_days_short:,} of "
        f"{shortfall.pair_days:,} pair-days. Where a limit binds, all targets shrink alike."
    )


def _share(gross: float, shortfall: Shortfall) -> str:
    return percent(gross / shortfall.asked, 2)
