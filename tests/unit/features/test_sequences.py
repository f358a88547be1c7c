"""Rows of several candles: the past and nothing else, and no window across a hole."""

import numpy as np
import pandas as pd
import pytest

from plimsoll.core import PlimsollError
from plimsoll.features.sequences import with_past

HOUR = pd.Timedelta(hours=1)


def hours(count: int) -> pd.Series:
    return pd.Series(pd.date_range("2024-01-01", periods=count, freq=HOUR, tz="UTC"))


def columns(count: int) -> pd.DataFrame:
    return pd.DataFrame({"a": np.arange(count) + 0.0, "b": 100.0 + np.arange(count)})


def test_a_row_is_its_window_with_the_oldest_candle_first() -> None:
    made = with_past(columns(5), hours(5), candles=3, span=HOUR)
    assert list(made) == ["a_shift-2", "b_shift-2", "a_shift-1", "b_shift-1", "a", "b"]
    assert made.iloc[2].tolist() == [0.0, 100.0, 1.0, 101.0, 2.0, 102.0]
    assert made.iloc[4].tolist() == [2.0, 102.0, 3.0, 103.0, 4.0, 104.0]
    assert made.isna().any(axis=1).tolist() == [True, True, False, False, False]


def test_no_window_reaches_across_a_hole() -> None:
    kept = [0, 1, 2, 3, 5, 6, 7, 8]
    whole = with_past(columns(9), hours(9), candles=3, span=HOUR)
    holed = with_past(columns(9).iloc[kept], hours(9).iloc[kept], candles=3, span=HOUR)
    is_whole = holed.notna().all(axis=1)
    assert is_whole.tolist() == [False, False, True, True, False, False, True, True]
    assert holed[is_whole].equals(whole.loc[is_whole[is_whole].index])


def test_a_later_candle_changes_no_earlier_row() -> None:
    before = with_past(columns(8), hours(8), candles=4, span=HOUR)
    other = columns(8)
    other.iloc[5:] = -1.0
    after = with_past(other, hours(8), candles=4, span=HOUR)
    assert after.iloc[:5].equals(before.iloc[:5])
    assert not after.iloc[5:].equals(before.iloc[5:])


def test_a_missing_value_is_missing_in_every_window_that_has_it() -> None:
    holed = columns(7)
    holed.loc[3, "b"] = np.nan
    made = with_past(holed, hours(7), candles=3, span=HOUR)
    assert made.iloc[2:].isna().any(axis=1).tolist() == [False, True, True, True, False]


def test_a_window_of_one_is_the_row_and_a_longer_one_than_the_rows_is_unknown() -> None:
    assert with_past(columns(3), hours(3), candles=1, span=HOUR).equals(columns(3))
    made = with_past(columns(3), hours(3), candles=5, span=HOUR)
    assert made.shape == (3, 10)
    assert made.isna().any(axis=1).all()
    with pytest.raises(PlimsollError, match="a window of 1 candle or more, found 0"):
        with_past(columns(3), hours(3), candles=0, span=HOUR)
