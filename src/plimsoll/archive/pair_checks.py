"""Checks of what belongs together: candles and their funding, open interest and its price.

Pure functions from tables to findings.
"""

import pandas as pd

from plimsoll.archive.findings import Finding, Severity, ask_again, moment, refill, replace_file
from plimsoll.archive.layout import Kind, Series
from plimsoll.archive.tables import Table
from plimsoll.candles.funding_coverage import (
    LONGEST_INTERVAL,
    carried_marks,
    charged_times,
    funding_gaps,
)

UNIT_FACTOR = 2.0


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
    marks = mark.rows["date"]
    lost = closed[(closed < marks.iloc[0]) | (closed > marks.iloc[-1])]
    if len(lost):
        text = (
            f"{len(lost):,} of {len(due):,} fundings lie before the first or after the last 1h "
            f"mark candle, between {moment(lost.iloc[0])} and {moment(lost.iloc[-1])}: a backtest "
            "charges nothing for them"
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
    return [*findings, *_carried(funding, mark, start, end)]


def _carried(funding: Table, mark: Table, start: pd.Timestamp, end: pd.Timestamp) -> list[Finding]:
    """Find fundings in holes of the mark candles, which Freqtrade fills with the close before."""
    carried = carried_marks(funding.rows, mark.rows, start=start, end=end)
    if carried is None:
        return []
    stale = carried.longest > LONGEST_INTERVAL
    text = (
        f"{carried.fundings:,} fundings have no 1h mark candle between {moment(carried.first)} and "
        f"{moment(carried.last)}: a backtest charges them at mark prices carried forward for up "
        f"to {carried.hours:,.0f} h"
    )
    severity = Severity.ERROR if stale else Severity.WARNING
    remedy = ask_again(mark.series)
    where = carried.first, carried.last, carried.fundings
    return [Finding(severity, "coverage", mark.series, text, remedy, *where)]


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
