import pandas as pd
import pytest

from plimsoll.candles.timeframe import (
    opening_offset_seconds,
    since_opening,
    timeframe_seconds,
    timeframe_span,
)
from plimsoll.core import UsageError


@pytest.mark.parametrize(
    ("timeframe", "seconds"),
    [("1m", 60), ("45m", 2_700), ("4h", 14_400), ("3d", 259_200), ("1w", 604_800)],
)
def test_a_timeframe_has_its_length(timeframe: str, seconds: int) -> None:
    assert timeframe_seconds(timeframe) == seconds
    assert timeframe_span(timeframe) == pd.Timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["5", "m5", "0m", "5min", "1y", "", "m", "five", "-5m", "٣m"])
def test_what_is_no_timeframe_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="timeframe such as"):
        timeframe_seconds(text)
    with pytest.raises(UsageError, match="timeframe such as"):
        timeframe_span(text)


def test_a_month_counts_30_days_and_has_no_one_length() -> None:
    assert timeframe_seconds("1M") == 30 * 86_400
    with pytest.raises(UsageError, match="found '1M'"):
        timeframe_span("1M")


def test_only_whole_weeks_open_off_the_epoch() -> None:
    assert opening_offset_seconds(604_800) == opening_offset_seconds(1_209_600) == 4 * 86_400
    assert opening_offset_seconds(3 * 86_400) == opening_offset_seconds(60) == 0


@pytest.mark.parametrize(
    ("timeframe", "since"),
    [
        ("5m", "00:02:00.500"),
        ("4h", "01:02:00.500"),
        ("1d", "13:02:00.500"),
        ("1w", "4 days 13:02:00.500"),  # 2025-01-06 was a Monday
        ("1M", "9 days 13:02:00.500"),
    ],
)
def test_the_time_since_an_opening_follows_the_exchange_s_alignment(
    timeframe: str, since: str
) -> None:
    dates = pd.Series(pd.DatetimeIndex(["2025-01-10T13:02:00.5Z"]))
    assert since_opening(dates, timeframe).tolist() == [pd.Timedelta(since)]
