"""Tables of a report: cells with a colour or a bar, and why a cell holds a dash."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from plimsoll.performance.breakdown import LEAST_TRADES, Group
from plimsoll.performance.drawdown import Fall
from plimsoll.performance.periods import YearReturns
from plimsoll.performance.regimes import RegimeDays
from plimsoll.reporting.guard_story import RuleRow
from plimsoll.reporting.words import DASH, counted, day_text, money_digits, number, percent, since

MONTH_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

FULL_HEAT_FRACTION = 0.15
"""The monthly return from which a cell of the table has its full colour."""


@dataclass(frozen=True)
class Cell:
    """One cell: its text, whether it is a gain or a loss, and how long its bar or deep its tint is.

    ``share`` is from −1 to 1; None for no bar. ``is_heat`` tints the whole cell instead. A long
    text ``wraps``.
    """

    text: str
    share: float | None = None
    is_heat: bool = False
    is_text: bool = False
    wraps: bool = False

    @property
    def tone(self) -> str:
        """Return the style of the cell: win, loss or nothing."""
        if self.share is None or self.share == 0.0:
            return ""
        return "win" if self.share > 0 else "loss"

    @property
    def width(self) -> str:
        """Return the bar or the tint in percent."""
        return f"{abs(self.share or 0.0) * 100:.0f}%"


@dataclass(frozen=True)
class Table:
    """A titled table. ``notes`` say what is in it, and why a dash stands where one does.

    ``is_wide`` sets its cells closer; ``stacks`` puts the cells of a row below one another where
    the page is narrow.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    notes: Sequence[str] = ()
    is_wide: bool = False
    stacks: bool = False


def group_table(title: str, groups: Sequence[Group], unit: str, *notes: str) -> Table:
    """Show groups of trades; a rate of too few trades is a dash, and the note says so."""
    largest = max((abs(group.profit_usd) for group in groups), default=0.0)
    digits = money_digits(unit)
    rows = [
        [
            Cell(group.key, is_text=True),
            Cell(f"{group.trades:,}"),
            Cell(number(group.profit_usd, digits), group.profit_usd / largest if largest else 0.0),
            Cell(number(group.average_usd, digits)),
            Cell(number(group.worst_usd, digits)),
            Cell(percent(group.win_rate_fraction, 0)),
            Cell(number(group.profit_factor)),
            Cell(since(group.median_hours)),
            Cell(number(group.fees_usd, digits)),
            Cell(number(group.funding_usd, digits)),
        ]
        for group in groups
    ]
    columns = ["", "Trades", f"Profit ({unit})", "Average", "Worst", "Won", "Profit factor"]
    columns += ["Median life", "Fees", "Funding"]
    return Table(title, columns, rows, [*notes, *_group_dashes(groups)])


def month_table(years: Sequence[YearReturns]) -> Table:
    """Show the return of each month and year."""
    rows = [
        [
            Cell(str(year.year), is_text=True),
            *(
                _heat(value, part=part)
                for value, part in zip(year.months, year.is_part, strict=True)
            ),
            _heat(year.whole, part=False),
        ]
        for year in years
    ]
    notes = ["A dash: no day of the run lies in that month."]
    if any(any(year.is_part) for year in years):
        notes.append("*: the run covers a part of that month.")
    return Table("Return by month (UTC)", ("", *MONTH_NAMES, "Year"), rows, notes, is_wide=True)


def fall_table(falls: Sequence[Fall]) -> Table:
    """Show the worst falls from a high, the deepest first."""
    rows = [
        [
            Cell(str(place), is_text=True),
            Cell(percent(-fall.max_fraction)),
            Cell(day_text(fall.peak_at)),
            Cell(day_text(fall.trough_at)),
            Cell("not yet" if fall.recovered_at is None else day_text(fall.recovered_at)),
            Cell(number(fall.days, 0)),
        ]
        for place, fall in enumerate(falls, start=1)
    ]
    columns = ("", "Depth", "High on", "Low on", "Recovered", "Days")
    return Table("The worst falls", columns, rows)


def regime_table(days: Sequence[RegimeDays], benchmark: str) -> Table:
    """Show what account and market did in the days of each regime."""
    most = max((abs(one.account_fraction) for one in days), default=0.0)
    rows = [
        [
            Cell(one.regime, is_text=True),
            Cell(f"{one.days:,}"),
            Cell(percent(one.account_fraction), one.account_fraction / most if most else 0.0),
            Cell(percent(one.market_fraction)),
        ]
        for one in days
    ]
    return Table("Returns by market regime", ("", "Days", "This account", benchmark), rows)


def rule_table(rows: Sequence[RuleRow], unit: str) -> Table:
    """Show what each guard did."""
    cells = [
        [
            Cell(row.rule, is_text=True),
            Cell(_count(row.denied)),
            Cell(_count(row.cut)),
            Cell(_count(row.closed)),
            Cell(_count(row.halts)),
            Cell(number(row.days_halted, 1) if row.halts else DASH),
            Cell(number(row.stake_usd, 0) if row.denied or row.cut else DASH),
            Cell(day_text(row.first)),
            Cell(day_text(row.last)),
        ]
        for row in rows
    ]
    columns = ["Rule", "Denied", "Cut", "Closed", "Halts", "Days halted", f"Stake ({unit})"]
    columns += ["First", "Last"]
    note = "A dash: the rule did none of it. Stake: what was denied or cut, summed up. The same "
    note += "entry may be asked for, and denied, again on every candle, so it was never at risk "
    note += "all at one time. Days are of UTC."
    return Table("By rule", columns, cells, [note])


def halt_table(rows: Sequence[tuple[str, str, str, str, str]]) -> Table:
    """Show the halts of the account: from, rule, until, days and the reason, as texts."""
    cells = [
        [Cell(one, is_text=place == 0, wraps=place == 4) for place, one in enumerate(row)]
        for row in rows
    ]
    columns = ("Halted (UTC)", "By", "Until", "Days", "Why")
    return Table("Halts", columns, cells, stacks=True)


def plain_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """Show texts, the first column as the head of each row."""
    made = [[Cell(text, is_text=place == 0) for place, text in enumerate(row)] for row in rows]
    return Table(title, columns, made)


def month_ends(series: "pd.Series[float]", digits: int = 2) -> list[tuple[str, str]]:
    """Return the last value of each UTC month of a series as rows of text: a figure's data."""
    index = pd.DatetimeIndex(series.index)
    last = series.groupby([index.year, index.month]).tail(1)
    days = pd.DatetimeIndex(last.index)
    return [
        (day_text(at), number(float(value), digits)) for at, value in zip(days, last, strict=True)
    ]


def _heat(value: float, *, part: bool) -> Cell:
    if not math.isfinite(value):
        return Cell(DASH)
    share = max(-1.0, min(1.0, value / FULL_HEAT_FRACTION))
    text = number(value * 100.0, 1)
    return Cell(f"{text}*" if part else text, share, is_heat=True)


def _count(count: int) -> str:
    return f"{count:,}" if count else DASH


def _group_dashes(groups: Sequence[Group]) -> list[str]:
    few = [group for group in groups if group.trades < LEAST_TRADES]
    lossless = [
        group
        for group in groups
        if group.trades >= LEAST_TRADES and not math.isfinite(group.profit_factor)
    ]
    notes = []
    if few:
        rows = counted(len(few), "row")
        notes.append(
            f"A dash under Won and Profit factor ({rows}): fewer than {LEAST_TRADES} trades."
        )
    if lossless:
        notes.append("A dash under Profit factor alone: the group has no loss.")
    return notes
