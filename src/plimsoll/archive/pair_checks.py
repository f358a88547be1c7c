"""Checks of series against each other: the same pair's timeframes, mark, spot, funding.

Pure functions from tables to findings. A window is 30 days: long enough for a correlation of
returns to mean something, short enough to locate a shift that affects only part of a file.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from plimsoll.archive.findings import Finding, Severity, moment, refill, replace_file
from plimsoll.archive.layout import Kind, Series
from plimsoll.candles.funding_coverage import charged_times, funding_gaps
from plimsoll.candles.timeframe import timeframe_seconds

WINDOW = pd.Timedelta(days=30)
LEAST_ROWS = 48
MIN_CORRELATION = 0.9
MIN_CORRELATION_GAIN = 0.3
FURTHEST_SHIFT = pd.Timedelta(hours=14)
FINEST_SHIFT = pd.Timedelta(minutes=30)
OUTLIER_FRACTION = 0.05
DISAGREEMENT_FRACTION = 0.005
UNIT_FACTOR = 2.0
NO_MOVEMENT = 1e-12


@dataclass(frozen=True, slots=True)
class Table:
    """A series with its rows, ascending and typed."""

    series: Series
    rows: pd.DataFrame

    @property
    def length(self) -> pd.Timedelta:
        """Return the timeframe."""
        return pd.Timedelta(seconds=timeframe_seconds(self.series.timeframe))

    def closes(self) -> "pd.Series[float]":
        """Return closes by the instant at which each is known; not those of longer candles."""
        index = pd.DatetimeIndex(self.rows["date"]) + self.length
        steps = self.rows["date"].diff()
        alone = (steps > self.length) & (steps.shift(-1) > self.length)
        closes = self.rows["close"].to_numpy()
        return pd.Series(closes, index=index).where((closes > 0) & ~alone.to_numpy())


def shift_findings(reference: Table, suspect: Table) -> list[Finding]:
    """Find stretches in which one series moves as another does, but hours earlier or later.

    Where their returns do not correlate as they are, both are compared at every half-hour shift up
    to 14 h. Two series cannot show which of them is wrong; the finding names the suspect and
    what it was compared with.
    """
    left, right = reference.closes(), suspect.closes()
    step = max(reference.length, suspect.length)
    shifts: list[tuple[pd.Timestamp, pd.Timestamp, pd.Timedelta, float]] = []
    for begin, end in _windows(left, right):
        part = left[(left.index >= begin) & (left.index < end)]
        here = _correlation(part, right, pd.Timedelta(0), step)
        if not here < MIN_CORRELATION:
            continue
        unit = max(FINEST_SHIFT, min(reference.length, suspect.length))
        reach = int(FURTHEST_SHIFT / unit)
        tried = {
            unit * k: _correlation(part, right, unit * k, step) for k in range(-reach, reach + 1)
        }
        fits = {shift: fit for shift, fit in tried.items() if fit == fit}
        if not fits:
            continue
        best = max(fits, key=lambda shift: fits[shift])
        shifted = best != pd.Timedelta(0) and fits[best] - here > MIN_CORRELATION_GAIN
        shifts.append((begin, end, best if shifted else pd.Timedelta(0), fits[best]))
    return [*_shift_texts(reference, suspect, shifts)]


def _shift_texts(
    reference: Table,
    suspect: Table,
    shifts: list[tuple[pd.Timestamp, pd.Timestamp, pd.Timedelta, float]],
) -> Iterator[Finding]:
    by_shift: dict[pd.Timedelta, list[tuple[pd.Timestamp, pd.Timestamp, float]]] = {}
    for begin, end, shift, fit in shifts:
        by_shift.setdefault(shift, []).append((begin, end, fit))
    for shift, spans in by_shift.items():
        dates = suspect.rows["date"]
        first, last = spans[0][0], min(spans[-1][1], dates.iloc[-1])  # a window may end later
        rows = int(sum(((dates >= a) & (dates < b)).sum() for a, b, _ in spans))
        span = f"in {len(spans)} of its 30-day windows from {moment(first)} to {moment(last)}"
        if shift == pd.Timedelta(0):
            if min(fit for _, _, fit in spans) < 0.5:
                text = f"does not move with {reference.series}, {span}"
                yield Finding(
                    Severity.WARNING,
                    "agreement",
                    suspect.series,
                    text,
                    replace_file(suspect.series),
                    first,
                    last,
                    rows,
                )
            continue
        hours = abs(shift.total_seconds()) / 3600.0
        way = "late" if shift > pd.Timedelta(0) else "early"
        text = f"its dates are {hours:g} h too {way} against {reference.series}, {span}"
        yield Finding(
            Severity.ERROR,
            "shifted",
            suspect.series,
            text,
            replace_file(suspect.series),
            first,
            last,
            rows,
        )


def _windows(
    left: "pd.Series[float]", right: "pd.Series[float]"
) -> Iterator[tuple[pd.Timestamp, pd.Timestamp]]:
    if left.empty or right.empty:
        return
    begin, stop = max(left.index[0], right.index[0]), min(left.index[-1], right.index[-1])
    while begin < stop:
        yield begin, begin + WINDOW
        begin = begin + WINDOW


def _correlation(
    left: "pd.Series[float]", right: "pd.Series[float]", shift: pd.Timedelta, step: pd.Timedelta
) -> float:
    """Return the correlation of the returns, with the right one's dates moved back by a shift.

    NaN where fewer than 48 returns overlap, or one of the two does not move.
    """
    moved = right.set_axis(pd.DatetimeIndex(right.index) - shift).reindex(left.index)
    both = pd.DataFrame({"left": np.log(left), "right": np.log(moved)})
    neighbours = np.flatnonzero(both.index.to_series().diff() == step)
    returns = both.diff().iloc[neighbours].dropna()
    if len(returns) < LEAST_ROWS or (returns.std() < NO_MOVEMENT).any():
        return float("nan")
    return float(returns["left"].corr(returns["right"]))


def agreement_findings(fine: Table, coarse: Table) -> list[Finding]:
    """Find coarse candles whose close is not that of the fine candles that end with them."""
    both = pd.DataFrame({"fine": fine.closes(), "coarse": coarse.closes()}).dropna()
    off = (both["fine"] / both["coarse"] - 1.0).abs()
    bad = off[off > DISAGREEMENT_FRACTION]
    if bad.empty:
        return []
    text = (
        f"{len(bad):,} of {len(off):,} closes differ from {fine.series} by more than "
        f"{DISAGREEMENT_FRACTION:.1%}, most by {bad.max():.1%} at {_worst(bad)}"
    )
    return [_finding(Severity.WARNING, "agreement", coarse.series, bad, text)]


def outlier_findings(candles: Table, other: Table) -> list[Finding]:
    """Find closes more than 5 % away from mark or spot, and wicks that the other never saw."""
    both = pd.DataFrame({"own": candles.closes(), "other": other.closes()}).dropna()
    off = (both["own"] / both["other"] - 1.0).abs()
    bad = off[off > OUTLIER_FRACTION]
    if bad.empty:
        return []
    text = (
        f"{len(bad):,} closes lie more than {OUTLIER_FRACTION:.0%} from {other.series}, most "
        f"{bad.max():.1%} at {_worst(bad)}"
    )
    return [_finding(Severity.WARNING, "outlier", candles.series, bad, text)]


def _worst(bad: "pd.Series[float]") -> str:
    return moment(bad.index[int(np.argmax(bad.to_numpy()))])


def _finding(
    severity: Severity, check: str, series: Series, bad: "pd.Series[float]", text: str
) -> Finding:
    remedy = f"compare with the exchange's chart; if the file is wrong, {replace_file(series)}"
    return Finding(severity, check, series, text, remedy, bad.index[0], bad.index[-1], len(bad))


def coverage_findings(candles: Table, funding: Table | None, mark: Table | None) -> list[Finding]:
    """Find where candles exist and a backtest would charge no funding.

    Freqtrade joins funding to mark candles, so that either may be what is missing.
    """
    if candles.rows.empty:
        return []
    start, end = candles.rows["date"].iloc[0], candles.rows["date"].iloc[-1]
    pair = candles.series.pair
    if funding is None or funding.rows.empty:
        series, missing = Series(pair, Kind.FUNDING, "1h"), "there is no funding file"
    elif mark is None or mark.rows.empty:
        series, missing = Series(pair, Kind.MARK, "1h"), "there is no 1h mark file"
    else:
        return _uncharged(candles, funding, mark, start, end)
    text = f"{missing}: a backtest over {candles.series} charges no funding"
    rows = len(candles.rows)
    return [Finding(Severity.ERROR, "coverage", series, text, refill(series), start, end, rows)]


def _uncharged(
    candles: Table, funding: Table, mark: Table, start: pd.Timestamp, end: pd.Timestamp
) -> list[Finding]:
    everywhere = mark.rows.head(0).assign(date=funding.rows["date"].dt.floor("h"), open=1.0)
    without_rate = funding_gaps(charged_times(funding.rows, everywhere), start=start, end=end)
    at_edges = [gap for gap in without_rate if gap.first == start or gap.last == end]
    findings = [
        Finding(
            Severity.ERROR,
            "coverage",
            funding.series,
            f"no funding rates for {gap.hours:,.0f} h of {candles.series} between "
            f"{moment(gap.first)} and {moment(gap.last)}: a backtest charges nothing there",
            refill(funding.series),
            gap.first,
            gap.last,
            int(gap.hours // 8),
        )
        for gap in at_edges
    ]
    inside = funding.rows[(funding.rows["date"] >= start) & (funding.rows["date"] <= end)]
    due = inside.dropna(subset=["funding_rate"])["date"].dt.floor("h")
    # The mark candle of a funding in the newest hour is still forming: nothing can be missing yet.
    closed = due[due + mark.length <= end + candles.length]
    lost = closed[~closed.isin(mark.rows["date"])]
    if len(lost):
        text = (
            f"{len(lost):,} of {len(due):,} fundings have no 1h mark candle between "
            f"{moment(lost.iloc[0])} and {moment(lost.iloc[-1])}: a backtest charges nothing for "
            "them"
        )
        findings.append(
            Finding(
                Severity.ERROR,
                "coverage",
                mark.series,
                text,
                refill(mark.series),
                lost.iloc[0],
                lost.iloc[-1],
                len(lost),
            )
        )
    return findings


def unit_findings(interest: Table, candles: Table) -> list[Finding]:
    """Find open interest whose value is not amount times price: units mixed up.

    The value over the amount must be the price, within a factor of two, candle by candle.
    """
    rows = interest.rows.set_index("date")
    opens = candles.rows.set_index("date")["open"]
    both = rows.join(opens, how="inner").dropna()
    both = both[(both["open_interest_amount"] > 0) & (both["open_interest_value"] > 0)]
    if both.empty:
        return []
    implied = both["open_interest_value"] / both["open_interest_amount"] / both["open"]
    bad = implied[(implied > UNIT_FACTOR) | (implied < 1 / UNIT_FACTOR)]
    if bad.empty:
        return []
    amount, value = both["open_interest_amount"][bad.index], both["open_interest_value"][bad.index]
    if 1 / UNIT_FACTOR < float((amount / value / both["open"][bad.index]).median()) < UNIT_FACTOR:
        guess = "the two look swapped"
    elif 1 / UNIT_FACTOR < float((value / amount).median()) < UNIT_FACTOR:
        guess = "the value equals the amount: both are in coins, or both in USD"
    else:
        guess = f"it is {float(bad.median()):,.4g} times that"
    text = f"{len(bad):,} of {len(both):,} rows: value is not amount times price; {guess}"
    remedy = replace_file(interest.series)
    return [
        Finding(
            Severity.ERROR,
            "unit",
            interest.series,
            text,
            remedy,
            bad.index[0],
            bad.index[-1],
            len(bad),
        )
    ]
