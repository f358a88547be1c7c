"""Checks of one series by itself: pure functions from a table to findings.

Each takes the series' name and its rows, ascending by date unless said otherwise, with the
columns and types of `plimsoll.archive.schemas`.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from plimsoll.archive.findings import Finding, Severity, ask_again, moment, refill, replace_file
from plimsoll.archive.funding_checks import settlement_findings, unit_of_funding_findings
from plimsoll.archive.layout import COLUMNS, PRICES, Kind, Series
from plimsoll.candles.quality import contradictory_prices, frozen_prices, impossible_prices
from plimsoll.candles.timeframe import is_monthly, since_opening, timeframe_seconds

Check = Callable[[Series, pd.DataFrame], list[Finding]]
LISTED_EACH = 10
COARSE_RUN_ROWS = 10
ZERO_VOLUME_RUN = 12
FROZEN_RUN = 12
DAY = pd.Timedelta(days=1)
CLOCK_SLACK = pd.Timedelta(minutes=1)
FUNDING_INTERVAL = pd.Timedelta(hours=8)
FUNDING_LATENESS = pd.Timedelta(seconds=1)
EXTREME_FUNDING = 0.01
IMPLAUSIBLE_JUMP = 5.0


def order_findings(series: Series, raw: pd.DataFrame) -> list[Finding]:
    """Find dates that come twice or out of order; rows as they stand in the file."""
    findings = []
    dates = raw["date"]
    if not dates.is_monotonic_increasing:
        back = dates[dates < dates.shift(1)]
        text = f"{len(back):,} rows come before the row above them, first {moment(back.iloc[0])}"
        findings.append(_at(Severity.ERROR, "order", series, back, text, replace_file(series)))
    twice = raw[dates.duplicated(keep=False)]
    if len(twice):
        columns = list(COLUMNS[series.kind])
        same = not twice.drop_duplicates(columns)["date"].duplicated().any()
        which = "the same" if same else "different"
        copies = int(dates.duplicated().sum())
        text = f"{copies:,} rows repeat a date, with {which} values"
        severity = Severity.WARNING if same else Severity.ERROR
        findings.append(
            _at(severity, "duplicates", series, twice["date"], text, replace_file(series))
        )
    return findings


def grid_findings(series: Series, rows: pd.DataFrame) -> list[Finding]:
    """Find dates that are no opening times of the timeframe.

    Funding may come milliseconds late, as the exchange states it: a second is allowed.
    """
    allowed = FUNDING_LATENESS if series.kind is Kind.FUNDING else pd.Timedelta(0)
    off = since_opening(rows["date"], series.timeframe) > allowed
    if not off.any():
        return []
    dates = rows["date"][off]
    text = (
        f"{len(dates):,} dates are no opening times of {series.timeframe}, such as {dates.iloc[0]}"
    )
    return [_at(Severity.ERROR, "misaligned", series, dates, text, replace_file(series))]


def spacing_findings(series: Series, rows: pd.DataFrame) -> list[Finding]:
    """Find missing rows, and stretches whose rows are further apart than the timeframe.

    The ten largest holes are findings of their own, the rest are one together. A hole of a day or
    more is an error.
    """
    length = pd.Timedelta(seconds=timeframe_seconds(series.timeframe))
    steps = rows["date"].diff()
    if is_monthly(series.timeframe):
        return []
    coarse = _coarse_runs(steps, length)
    findings = []
    in_coarse = np.zeros(len(rows), dtype=bool)
    for begin, end in coarse:
        in_coarse[begin : end + 1] = True
        spacing = steps.iloc[begin]
        dates = rows["date"].iloc[begin - 1 : end + 1]
        text = (
            f"{len(dates):,} rows stand {_length(spacing)} apart instead of {series.timeframe}, "
            f"from {moment(dates.iloc[0])} to {moment(dates.iloc[-1])}"
        )
        findings.append(_at(Severity.ERROR, "coarser rows", series, dates, text, refill(series)))
    seconds = steps.dt.total_seconds().fillna(0.0).to_numpy()
    sizes = np.where(in_coarse, 0.0, seconds / length.total_seconds())
    holes = np.flatnonzero(sizes > 1.0)
    holes = holes[np.argsort(-sizes[holes], kind="stable")]
    for position in holes[:LISTED_EACH].tolist():
        first, last = rows["date"].iloc[position - 1], rows["date"].iloc[position]
        missing = round(sizes[position]) - 1
        severity = Severity.ERROR if last - first > DAY else Severity.WARNING
        text = (
            f"{missing:,} rows are missing ({_length(last - first - length)}) between "
            f"{moment(first)} and {moment(last)}"
        )
        findings.append(
            Finding(severity, "gap", series, text, ask_again(series), first, last, missing)
        )
    if len(rest := holes[LISTED_EACH:]):
        total = int((sizes[rest].round() - 1).sum())
        dates = rows["date"].iloc[np.sort(rest)]
        text = f"{len(rest):,} smaller holes, {total:,} missing rows together"
        small = _at(Severity.WARNING, "gap", series, dates, text, ask_again(series))
        findings.append(replace(small, rows=total))
    return findings


def _coarse_runs(steps: "pd.Series[pd.Timedelta]", length: pd.Timedelta) -> list[tuple[int, int]]:
    """Return positions of runs of equal steps longer than the timeframe: first and last step."""
    values = steps.to_numpy()
    change = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]]))
    ends = np.append(change[1:], len(values)) - 1
    return [
        (int(begin), int(end))
        for begin, end in zip(change, ends, strict=True)
        if end - begin + 1 >= COARSE_RUN_ROWS and steps.iloc[int(begin)] > length
    ]


def price_findings(series: Series, rows: pd.DataFrame) -> list[Finding]:
    """Find missing, zero, negative and contradictory prices. A premium may be negative."""
    findings = []
    if series.kind in PRICES:
        dates = rows["date"][impossible_prices(rows)]
        if len(dates):
            text = f"{len(dates):,} rows have a price that is missing, zero or negative"
            findings.append(_at(Severity.ERROR, "price", series, dates, text, replace_file(series)))
    dates = rows["date"][contradictory_prices(rows)]
    if len(dates):
        text = f"{len(dates):,} rows have a high below or a low above another price of theirs"
        findings.append(
            _at(Severity.ERROR, "high < low", series, dates, text, replace_file(series))
        )
    return findings


def future_findings(series: Series, rows: pd.DataFrame, now: pd.Timestamp) -> list[Finding]:
    """Find rows that open later than ``now``, give or take a minute of another clock."""
    dates = rows["date"][rows["date"] > now + CLOCK_SLACK]
    if dates.empty:
        return []
    text = (
        f"{len(dates):,} rows lie in the future, from {moment(dates.iloc[0])} to "
        f"{moment(dates.iloc[-1])}; it is {moment(now)} UTC"
    )
    return [_at(Severity.ERROR, "future", series, dates, text, replace_file(series))]


def volume_findings(series: Series, rows: pd.DataFrame) -> list[Finding]:
    """Find volumes that are missing, negative or infinite, and runs of twelve without any."""
    if series.kind not in (Kind.CANDLES, Kind.SPOT):
        return []
    volume = rows["volume"]
    wrong = rows["date"][~(volume >= 0) | ~np.isfinite(volume)]
    findings = []
    if len(wrong):
        text = f"{len(wrong):,} rows have a volume that is missing, negative or infinite"
        findings.append(_at(Severity.ERROR, "volume", series, wrong, text, replace_file(series)))
    remedy = "do not trade this pair in that span; the exchange may have stood still"
    text = "rows in a run have no volume"
    still = volume == 0
    findings += _runs(series, rows, still, ZERO_VOLUME_RUN, "zero volume", text, remedy)
    return findings


def frozen_findings(series: Series, rows: pd.DataFrame) -> list[Finding]:
    """Find runs of twelve and more candles whose four prices are all the close before them."""
    if series.kind not in (*PRICES, Kind.PREMIUM):
        return []
    text = "rows in a run repeat the price before them"
    frozen = frozen_prices(rows)
    return list(_runs(series, rows, frozen, FROZEN_RUN, "frozen", text, refill(series)))


def _runs(
    series: Series,
    rows: pd.DataFrame,
    mask: "pd.Series[bool]",
    least: int,
    check: str,
    text: str,
    remedy: str,
) -> Iterator[Finding]:
    """Yield the longest runs of true rows, at most ten, and the rest as one finding."""
    flags = mask.to_numpy().astype(np.int8)
    edges = np.diff(np.concatenate([[0], flags, [0]]))
    begins, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    lengths = ends - begins
    chosen = np.flatnonzero(lengths >= least)
    ordered = chosen[np.argsort(-lengths[chosen], kind="stable")]
    for run in ordered[:LISTED_EACH]:
        dates = rows["date"].iloc[begins[run] : ends[run]]
        whole = f"{len(dates):,} {text} from {moment(dates.iloc[0])}"
        yield _at(Severity.WARNING, check, series, dates, whole, remedy)
    if len(rest := ordered[LISTED_EACH:]):
        dates = rows["date"].iloc[np.sort(begins[rest])]
        whole = f"{int(lengths[rest].sum()):,} {text}, in {len(rest):,} shorter runs"
        yield _at(Severity.WARNING, check, series, dates, whole, remedy)


def funding_findings(series: Series, rows: pd.DataFrame) -> list[Finding]:
    """Find funding gaps, intervals other than eight hours, missing and extreme rates."""
    findings = []
    dates, rates = rows["date"].dt.floor("min"), rows["funding_rate"]
    steps = dates.diff()
    for position in np.flatnonzero(steps > FUNDING_INTERVAL).tolist():
        first, last = dates.iloc[position - 1], dates.iloc[position]
        step = last - first
        text = (
            f"no funding for {_length(step)} between {moment(first)} and {moment(last)}: a "
            "backtest charges nothing there"
        )
        missing = max(int(step / FUNDING_INTERVAL) - 1, 1)
        findings.append(
            Finding(
                Severity.ERROR, "funding gap", series, text, ask_again(series), first, last, missing
            )
        )
    for step in sorted(set(steps[(steps < FUNDING_INTERVAL)].dropna())):
        these = dates[steps == step]
        text = f"{len(these):,} fundings came {_length(step)} after the one before, not 8 h"
        remedy = "none needed if the exchange shortened the interval then, as it does in crashes"
        findings.append(_at(Severity.NOTICE, "funding interval", series, these, text, remedy))
    if len(missing_dates := dates[rates.isna()]):
        text = f"{len(missing_dates):,} funding rates are missing"
        findings.append(
            _at(Severity.ERROR, "funding rate", series, missing_dates, text, replace_file(series))
        )
    extreme = rates.abs() >= EXTREME_FUNDING
    if extreme.any():
        text = (
            f"{int(extreme.sum()):,} rates of 1 % or more, from {rates[extreme].min():.2%} to "
            f"{rates[extreme].max():.2%}"
        )
        remedy = "none needed if they are real: compare with the exchange's funding history"
        findings.append(_at(Severity.WARNING, "funding rate", series, dates[extreme], text, remedy))
    return findings


def interest_findings(series: Series, rows: pd.DataFrame) -> list[Finding]:
    """Find open interest that is zero, jumps by its unit, stands still or lacks its value."""
    findings = []
    amount, value, dates = (
        rows["open_interest_amount"],
        rows["open_interest_value"],
        rows["date"],
    )
    bad = amount.isna() | (amount <= 0)
    if bad.any():
        text = f"{int(bad.sum()):,} amounts are missing, zero or negative"
        remedy = f"treat them as missing, never as zero; {replace_file(series)}"
        findings.append(_at(Severity.ERROR, "open interest", series, dates[bad], text, remedy))
    lacks = value.isna()
    if lacks.any():
        text = f"{int(lacks.sum()):,} of {len(rows):,} rows lack open_interest_value"
        remedy = "use open_interest_amount times price, or backfill from the daily files"
        findings.append(_at(Severity.NOTICE, "open interest", series, dates[lacks], text, remedy))
    factor = np.exp(np.log(amount.where(amount > 0)).diff().abs())
    jumps = factor > IMPLAUSIBLE_JUMP
    if jumps.any():
        text = (
            f"{int(jumps.sum()):,} times the amount changes by a factor of {IMPLAUSIBLE_JUMP:g} or "
            f"more in one row, most by {factor.max():,.0f}: contracts or USD stored as coins?"
        )
        findings.append(
            _at(Severity.ERROR, "unit", series, dates[jumps], text, replace_file(series))
        )
    still = amount.eq(amount.shift(1))
    text = "rows in a run repeat the open interest before them"
    findings += _runs(series, rows, still, FROZEN_RUN, "frozen", text, refill(series))
    return findings


def ratio_findings(series: Series, rows: pd.DataFrame) -> list[Finding]:
    """Find ratios that are zero or negative, and columns with missing values."""
    findings = []
    for column in COLUMNS[Kind.RATIOS][1:]:
        bad = rows[column] <= 0
        if bad.any():
            text = f"{int(bad.sum()):,} values of {column} are zero or negative"
            remedy = replace_file(series)
            findings.append(_at(Severity.WARNING, "ratio", series, rows["date"][bad], text, remedy))
        lacks = rows[column].isna()
        if lacks.any():
            text = f"{int(lacks.sum()):,} of {len(rows):,} rows lack {column}"
            remedy = "none: the exchange published none"
            findings.append(
                _at(Severity.NOTICE, "ratio", series, rows["date"][lacks], text, remedy)
            )
    return findings


def _at(
    severity: Severity,
    check: str,
    series: Series,
    dates: "pd.Series[pd.Timestamp]",
    text: str,
    remedy: str,
) -> Finding:
    return Finding(severity, check, series, text, remedy, dates.min(), dates.max(), len(dates))


def _length(span: pd.Timedelta) -> str:
    hours = span.total_seconds() / 3600.0
    if hours < 1:
        return f"{hours * 60:g} min"
    return f"{hours:,.0f} h" if abs(hours - round(hours)) < 0.02 else f"{hours:,.1f} h"


CHECKS: dict[Kind, tuple[Check, ...]] = {
    **dict.fromkeys(
        (Kind.CANDLES, Kind.MARK, Kind.INDEX, Kind.SPOT, Kind.PREMIUM),
        (grid_findings, spacing_findings, price_findings, volume_findings, frozen_findings),
    ),
    Kind.FUNDING: (
        grid_findings,
        funding_findings,
        unit_of_funding_findings,
        settlement_findings,
    ),
    Kind.OPEN_INTEREST: (grid_findings, spacing_findings, interest_findings),
    Kind.RATIOS: (grid_findings, spacing_findings, ratio_findings),
}
