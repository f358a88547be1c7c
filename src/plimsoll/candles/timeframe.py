"""Candle lengths by their codes, such as ``5m``, and the instants at which candles open. Pure."""

import re
from functools import cache

import pandas as pd

from plimsoll.core.errors import UsageError

DAY_SECONDS = 86_400
WEEK_SECONDS = 7 * DAY_SECONDS
NOMINAL_MONTH_SECONDS = 30 * DAY_SECONDS
_UNIT_SECONDS = {
    "m": 60,
    "h": 3600,
    "d": DAY_SECONDS,
    "w": WEEK_SECONDS,
    "M": NOMINAL_MONTH_SECONDS,
}


def timeframe_seconds(timeframe: str) -> int:
    """Return a timeframe's length in seconds; a month counts 30 days.

    Raises `UsageError` for anything but a number above 0 with m, h, d, w or M.
    """
    match = re.fullmatch(r"([1-9][0-9]*)([mhdwM])", timeframe)
    if match is None:
        raise UsageError(f"expected a timeframe such as 5m, 1h or 1d, found {timeframe!r}")
    return int(match[1]) * _UNIT_SECONDS[match[2]]


@cache
def timeframe_span(timeframe: str) -> pd.Timedelta:
    """Return the length of every candle of a timeframe.

    Raises `UsageError` for what is no timeframe, and for months, which differ in length.
    """
    if is_monthly(timeframe):
        raise UsageError(f"expected a timeframe such as 5m, 1h or 1d, found {timeframe!r}")
    return pd.Timedelta(seconds=timeframe_seconds(timeframe))


def is_monthly(timeframe: str) -> bool:
    """Whether candles follow the calendar's months instead of a fixed length."""
    return timeframe.endswith("M")


def opening_offset_seconds(length_seconds: int) -> int:
    """Return the epoch second of a candle's opening, below its length.

    0 for most; whole weeks open on Mondays, and 1970-01-01 was a Thursday.
    """
    return 4 * DAY_SECONDS if length_seconds % WEEK_SECONDS == 0 else 0


def since_opening(dates: "pd.Series[pd.Timestamp]", timeframe: str) -> "pd.Series[pd.Timedelta]":
    """Return how long before each UTC date its candle opened, at millisecond precision.

    Days and shorter open at multiples of their length since 1970, weeks on Mondays, a month on
    its first day at midnight UTC.
    """
    stamps = dates.dt.as_unit("ms")
    if is_monthly(timeframe):
        midnights = stamps.dt.normalize()
        return stamps - midnights + pd.to_timedelta(midnights.dt.day - 1, unit="D")
    length = timeframe_seconds(timeframe)
    offset_ms = opening_offset_seconds(length) * 1000
    return pd.to_timedelta((stamps.astype("int64") - offset_ms) % (length * 1000), unit="ms")
