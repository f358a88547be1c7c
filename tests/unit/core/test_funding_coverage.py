"""Where a backtest would hold positions free of funding."""

import pandas as pd
import pytest

from plimsoll.core import PlimsollError
from plimsoll.core.funding_coverage import charged_times, funding_gaps, require_funding

START, END = pd.Timestamp("2024-05-20", tz="UTC"), pd.Timestamp("2024-06-10", tz="UTC")


def funding() -> pd.DataFrame:
    dates = pd.date_range(START, END, freq="8h")
    return pd.DataFrame({"date": dates, "funding_rate": 1e-4})


def mark() -> pd.DataFrame:
    return pd.DataFrame({"date": pd.date_range(START, END, freq="1h"), "open": 100.0})


def test_whole_funding_passes() -> None:
    require_funding("BTC/USDT:USDT", funding(), mark(), start=START, end=END)


def test_the_longest_gap_is_named_with_its_length_and_remedy() -> None:
    rows = funding().drop(index=[10, 30, 31, 32])
    with pytest.raises(PlimsollError) as caught:
        require_funding("BTC/USDT:USDT", rows, mark(), start=START, end=END)
    assert str(caught.value).startswith(
        "BTC/USDT:USDT has a funding gap of 32 h from 2024-05-29 16:00 UTC and 1 more:"
    )
    assert "plimsoll data backfill" in str(caught.value)


def test_a_rate_without_its_mark_candle_is_not_charged() -> None:
    rows = mark()
    lost = rows["date"] == pd.Timestamp("2024-05-25 08:00", tz="UTC")
    assert len(charged_times(funding(), rows[~lost])) == len(funding()) - 1
    with pytest.raises(PlimsollError, match=r"gap of 16 h from 2024-05-25 00:00"):
        require_funding("BTC/USDT:USDT", funding(), rows[~lost], start=START, end=END)


def test_a_missing_rate_is_a_gap() -> None:
    rows = funding()
    rows.loc[20, "funding_rate"] = float("nan")
    with pytest.raises(PlimsollError, match="gap of 16 h"):
        require_funding("BTC/USDT:USDT", rows, mark(), start=START, end=END)


def test_both_ends_of_the_span_must_be_covered() -> None:
    rows = funding()
    inside = rows[(rows["date"] >= START + pd.Timedelta(days=2)) & (rows["date"] < END)]
    gaps = funding_gaps(inside["date"].iloc[:-2], start=START, end=END)
    assert [gap.hours for gap in gaps] == [48.0, 24.0]


def test_no_funding_at_all_is_one_gap() -> None:
    with pytest.raises(PlimsollError, match="gap of 504 h"):
        require_funding("BTC/USDT:USDT", funding().head(0), mark(), start=START, end=END)


def test_shorter_intervals_and_late_milliseconds_are_no_gap() -> None:
    dates = pd.date_range(START, END, freq="2h") + pd.Timedelta(milliseconds=3)
    rows = pd.DataFrame({"date": dates, "funding_rate": -0.02})
    require_funding("SOL/USDT:USDT", rows, mark(), start=START, end=END)
