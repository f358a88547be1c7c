"""How sure, how divided, how large and how alike: tables of the results page beside the first."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from plimsoll.cli.results_cells import amount, code, grid, guarded, named, number, percent

if TYPE_CHECKING:
    import pandas as pd

    from plimsoll.lab.study_rows import StudyRow
    from plimsoll.performance.held import Book
    from plimsoll.performance.measures import Performance
    from plimsoll.performance.shortfall import Shortfall

LEAST_TOLD = 0.0005
"""Part of the targets below which a shortfall is a zero of the table and needs no causes."""
SIDES, BOOKS = ("before", "after"), ("promised", "held")

PRECISION = """
## How sure the Sharpe ratios are

The standard error takes the skewness and kurtosis of the daily returns (Mertens 2002, Opdyke
2007); *if normal* is that of Lo (2002), who assumes normal returns. The interval holds 95 % of the
ratios of {resamples:,} histories drawn from the same days in blocks (stationary bootstrap, Politis
& Romano 1994). An interval that holds 0 does not tell the strategy from luck, even were it the only
one tried.
"""

SPLIT = """
## Before {day} and from then on

Equity alone, the positions of that midnight included on both sides.
"""

HELD = """
## Promised and held

*Promised* is what the targets of a portfolio would be, were each day's held exactly; other
strategies promise nothing. Volatility is that of daily returns, a year's. Gross is the sum of all
positions over equity, net the same with shorts below zero, both at midnight UTC: the mean, and the
lowest and highest of net. Turnover is traded notional over mean equity, per year. *Short of target*
is the part of the targets' gross that the account could not hold, and the pair-days on which
something was missing.
"""

BY_YEAR = """
### Year by year

Promised / held, of what promises; the return is the account's.
"""

CORRELATIONS = """
## Do they earn and lose together?

Correlation of daily returns, {which}. A column's number is that of the row.
"""


def precision(rows: "Sequence[StudyRow]") -> str:
    """Return each account's Sharpe ratio with its standard error and interval."""
    from plimsoll.performance.bootstrap import RESAMPLES

    lines = []
    for row in rows:
        known = row.precision
        if known is None:
            figures = ["–"] * 5
        else:
            figures = [number(known.sharpe), number(known.standard_error)]
            figures += [number(known.standard_error_normal)]
            figures += [f"{number(known.low)} to {number(known.high)}", f"{known.days:,}"]
        lines.append([code(row.strategy), guarded(row), *figures])
    titles = [
        "strategy",
        "guards",
        "Sharpe",
        "standard error",
        "if normal",
        "95 % interval",
        "days",
    ]
    return f"{PRECISION.format(resamples=RESAMPLES)}\n{grid(titles, lines)}"


def split_figures(rows: "Sequence[StudyRow]", split: "pd.Timestamp | None") -> str:
    """Return each account before and after the split; empty when it divides none."""
    divided = [row for row in rows if row.earlier is not None and row.check is not None]
    if split is None or not divided:
        return ""
    names = ["return", "volatility", "Sharpe", "drawdown"]
    titles = ["strategy", "guards", *(f"{name}, {part}" for name in names for part in SIDES)]
    lines = []
    for row in divided:
        before, after = _figures(row.earlier), _figures(row.check)
        both = [cell for pair in zip(before, after, strict=True) for cell in pair]
        lines.append([code(row.strategy), guarded(row), *both])
    return f"{SPLIT.format(day=f'{split:%Y-%m-%d}')}\n{grid(titles, lines)}"


def _figures(made: "Performance | None") -> list[str]:
    if made is None:
        return ["–"] * 4
    return [
        percent(made.total_return_fraction),
        percent(made.annual_volatility_fraction),
        number(made.sharpe),
        percent(made.max_drawdown_fraction),
    ]


def held(rows: "Sequence[StudyRow]") -> str:
    """Return what each account promised and held, its worst day and its worst month."""
    from plimsoll.performance.worst import worst_day, worst_month

    names = ["volatility", "gross", "net", "turnover"]
    titles = ["strategy", "guards", *(f"{name}, {side}" for name in names for side in BOOKS)]
    titles += ["short of target", "worst day", "worst month"]
    lines = []
    for row in rows:
        promised, kept = _book(row.promised), _book(row.held)
        if row.held is None:
            kept[0] = percent(row.performance.annual_volatility_fraction)
        both = [cell for pair in zip(promised, kept, strict=True) for cell in pair]
        worst = [percent(worst_day(row.equity)), percent(worst_month(row.equity))]
        lines.append([code(row.strategy), guarded(row), *both, _short(row.shortfall), *worst])
    parts = [f"{HELD}\n{grid(titles, lines)}", *_causes(rows), *_by_year(rows)]
    return "\n".join(parts)


def _by_year(rows: "Sequence[StudyRow]") -> list[str]:
    """Return a table with a line for each year of each account that has targets."""
    lines = []
    for row in rows:
        for year, promised in row.promised_years.items():
            if year in row.held_years:
                books = _book(promised), _book(row.held_years[year])
                both = [f"{first} / {second}" for first, second in zip(*books, strict=True)]
                back = percent(row.years.get(year, float("nan")))
                lines.append([code(row.strategy), guarded(row), str(year), back, *both])
    titles = ["strategy", "guards", "year", "return", "volatility", "gross", "net", "turnover"]
    return [f"{BY_YEAR}\n{grid(titles, lines)}"] if lines else []


def _book(book: "Book | None") -> list[str]:
    if book is None or book.days == 0:
        return ["–"] * 4
    bounds = f"{number(book.lowest_net_fraction)} to {number(book.highest_net_fraction)}"
    return [
        percent(book.annual_volatility_fraction),
        number(book.mean_gross_fraction),
        f"{number(book.mean_net_fraction)} ({bounds})",
        amount(book.turnover_per_year),
    ]


def _short(shortfall: "Shortfall | None") -> str:
    if shortfall is None:
        return "–"
    days = f"{shortfall.pair_days_short:,} of {shortfall.pair_days:,} pair-days"
    return f"{percent(1 - shortfall.held_fraction)}, {days}"


def _causes(rows: "Sequence[StudyRow]") -> list[str]:
    """Return a line for each account that lacked something: which limit left out how much."""
    from plimsoll.performance.shortfall import shortfall_words

    lines = [
        f"- {named(row)}: the account could hold {shortfall_words(row.shortfall)}."
        for row in rows
        if row.shortfall is not None and 1 - row.shortfall.held_fraction >= LEAST_TOLD
    ]
    return ["", *lines] if lines else []


def correlations(rows: "Sequence[StudyRow]") -> str:
    """Return the correlation of all accounts, guards off where they ran so."""
    from plimsoll.performance.correlations import daily_correlations

    guardings = [row.guarding for row in rows if not row.is_baseline]
    first = guardings[0] if guardings else "off"
    same = [row for row in rows if row.is_baseline or row.guarding == first]
    if len(same) < 2:
        return ""
    table = daily_correlations({row.strategy: row.equity for row in same})
    titles = ["strategy", *(str(place) for place in range(1, len(same) + 1))]
    lines = [
        [f"{place} {code(str(name))}", *(number(float(value)) for value in values)]
        for place, (name, values) in enumerate(table.iterrows(), 1)
    ]
    return f"{CORRELATIONS.format(which=f'guards {first}')}\n{grid(titles, lines)}"
