"""Checks of a funding file by itself: its unit, and the hours it settles at.

Rates are fractions of the position. The usual rate of Binance, Bybit and OKX is 0.0001 in 8 hours,
and they settle at 00:00, 08:00 and 16:00 UTC, in shorter intervals at multiples of the interval.
"""

import numpy as np
import pandas as pd

from plimsoll.archive.findings import Finding, Severity, moment, replace_file
from plimsoll.archive.layout import Series

UNIT_WINDOW = pd.Timedelta(days=30)
LEAST_RATES = 20
USUAL_RATE = 0.0001
IMPLAUSIBLE_MEDIAN = 0.004
IMPOSSIBLE_RATE = 0.04
PERCENT = 100.0
LEAST_USUAL_IN_PERCENT = 3
INTERVAL_HOURS = 8
LEAST_OFF_HOURS = 3


def unit_of_funding_findings(series: Series, rows: pd.DataFrame) -> list[Finding]:
    """Find rates in per cent where fractions belong: a hundred times too large.

    Three signs, each enough: three rates of exactly 100 times the usual one, a median of 0.4 % and
    more over 30 days, a rate of 4 % and more, which no exchange allows. NaN is no sign.
    """
    rates = rows["funding_rate"]
    sizes = rates.abs()
    usual = np.isclose(rates, USUAL_RATE * PERCENT, rtol=1e-9)
    medians = _medians(rows["date"], sizes)
    high = (medians >= IMPLAUSIBLE_MEDIAN) & (sizes >= IMPLAUSIBLE_MEDIAN)
    suspect = high | (sizes >= IMPOSSIBLE_RATE)
    if usual.sum() >= LEAST_USUAL_IN_PERCENT:
        suspect |= usual
    if not suspect.any():
        return []
    dates = rows["date"][suspect]
    text = (
        f"rates look {PERCENT:g} times too large, per cent instead of fractions, between "
        f"{moment(dates.iloc[0])} and {moment(dates.iloc[-1])}: {int(usual.sum()):,} are exactly "
        f"{PERCENT:g} times the usual {USUAL_RATE:.2%}, the largest is {sizes[suspect].max():.1%}"
    )
    remedy = replace_file(series)
    return [
        Finding(
            Severity.ERROR,
            "funding unit",
            series,
            text,
            remedy,
            dates.iloc[0],
            dates.iloc[-1],
            len(dates),
        )
    ]


def _medians(dates: "pd.Series[pd.Timestamp]", sizes: "pd.Series[float]") -> "pd.Series[float]":
    """Return the median of the 30 days that each rate is in; NaN with fewer than twenty rates."""
    window = (dates - dates.iloc[0]) // UNIT_WINDOW
    groups = sizes.groupby(window)
    medians: pd.Series[float] = groups.transform("median")
    return medians.where(groups.transform("count") >= LEAST_RATES)


def settlement_findings(series: Series, rows: pd.DataFrame) -> list[Finding]:
    """Find fundings every eight hours that do not settle at 00:00, 08:00 and 16:00 UTC.

    Three and more in a row are dates that somebody shifted; the text says by how many hours.
    """
    dates = rows["date"].dt.floor("min")
    regular = dates.diff() == pd.Timedelta(hours=INTERVAL_HOURS)
    late = dates.dt.hour % INTERVAL_HOURS
    off = regular & (late != 0)
    if int(off.sum()) < LEAST_OFF_HOURS:
        return []
    hours = int(late[off].mode().iloc[0])
    way, by = ("late", hours) if hours <= INTERVAL_HOURS // 2 else ("early", INTERVAL_HOURS - hours)
    wrong = dates[off]
    text = (
        f"its dates are {by} h too {way}: {len(wrong):,} fundings from {moment(wrong.iloc[0])} to "
        f"{moment(wrong.iloc[-1])} do not settle at 00:00, 08:00 or 16:00"
    )
    remedy = replace_file(series)
    return [
        Finding(
            Severity.ERROR,
            "shifted",
            series,
            text,
            remedy,
            wrong.iloc[0],
            wrong.iloc[-1],
            len(wrong),
        )
    ]
