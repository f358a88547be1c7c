"""Filled candles are Freqtrade's own, row by row."""

import numpy as np
import pandas as pd
import pytest
from freqtrade.data.converter import clean_ohlcv_dataframe

from plimsoll.candles.filled import fill_candles
from plimsoll.core import UsageError
from tests.conftest import random_candles

LENGTHS = {"5m": "5min", "1h": "1h", "4h": "4h", "1d": "1D", "3d": "3D", "1w": "7D"}


def candles(timeframe: str) -> pd.DataFrame:
    rows = random_candles(300)
    start = pd.Timestamp("2024-01-01", tz="UTC")  # a Monday
    rows["date"] = pd.date_range(start, periods=300, freq=LENGTHS[timeframe]).as_unit("ms")
    return rows


@pytest.mark.parametrize("timeframe", ["5m", "1h", "4h", "1d", "1w"])
def test_holes_are_filled_as_freqtrade_fills_them(timeframe: str) -> None:
    holed = candles(timeframe).drop(index=[3, 4, 5, *range(100, 180)]).reset_index(drop=True)
    holed.loc[50, ["open", "close"]] = np.nan
    theirs = clean_ohlcv_dataframe(
        holed, timeframe, "BTC/USDT", fill_missing=True, drop_incomplete=False
    )
    ours = fill_candles(holed, timeframe)
    assert len(ours) == 300
    pd.testing.assert_frame_equal(ours, theirs, check_dtype=False)


def test_whole_candles_stay_as_they_are() -> None:
    pd.testing.assert_frame_equal(fill_candles(candles("3d"), "3d"), candles("3d"))


def test_rows_of_one_date_become_one_as_in_freqtrade() -> None:
    rows = candles("5m")
    twice = pd.concat([rows, rows.iloc[[7]].assign(volume=5.0, high=1e6)]).sort_values("date")
    theirs = clean_ohlcv_dataframe(twice, "5m", "X", fill_missing=True, drop_incomplete=False)
    pd.testing.assert_frame_equal(fill_candles(twice, "5m"), theirs, check_dtype=False)


def test_closes_alone_are_filled_too() -> None:
    rows = candles("5m")[["date", "close"]]
    filled = fill_candles(rows.drop(index=[10, 11]), "5m")
    assert list(filled.columns) == ["date", "close"]
    assert filled["close"][10:13].tolist() == [rows["close"][9]] * 2 + [rows["close"][12]]


def test_no_candles_stay_none_and_months_are_refused() -> None:
    assert fill_candles(candles("5m").head(0), "5m").empty
    without = candles("5m")[["date", "open"]]
    assert fill_candles(without, "5m") is without
    with pytest.raises(UsageError):
        fill_candles(candles("5m"), "1M")
