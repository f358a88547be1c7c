"""Candles as arrays: columns, what is computed once, and the runs without a missing value."""

import numpy as np
import pandas as pd
import pytest

from plimsoll.features.candles import Candles
from tests.conftest import random_candles


def stretches(frame: pd.DataFrame, *names: str) -> list[tuple[int, int]]:
    return [(start, len(run)) for start, run in Candles(frame).stretches(names)]


def test_a_column_is_a_float_array_of_its_own() -> None:
    frame = pd.DataFrame({"volume": [1, 2, 3]}, index=[7, 8, 9])
    candles = Candles(frame)
    assert candles["volume"].dtype == np.float64
    assert candles["volume"] is candles["volume"]
    candles["volume"][0] = 99.0
    assert frame["volume"].tolist() == [1, 2, 3]
    assert (len(candles), "volume" in candles, "close" in candles) == (3, True, False)
    assert candles.index.tolist() == [7, 8, 9]


def test_dates_are_seconds_since_1970_whatever_their_unit() -> None:
    dates = pd.date_range("2024-01-01", periods=2, freq="1h", tz="UTC")
    for unit in ("ns", "ms"):
        frame = pd.DataFrame({"date": dates.as_unit(unit)})
        assert Candles(frame)["date"].tolist() == [1_704_067_200.0, 1_704_070_800.0]


def test_what_is_shared_is_computed_once_for_each_parameter() -> None:
    asked = []

    def scaled(candles: Candles, factor: float, *, shift: float = 0.0) -> np.ndarray:
        asked.append((factor, shift))
        return candles["close"] * factor + shift

    candles = Candles(random_candles(5))
    first = candles.shared(scaled, 2.0)
    assert candles.shared(scaled, 2.0) is first
    candles.shared(scaled, 2.0, shift=1.0)
    candles.shared(scaled, 3.0)
    assert asked == [(2.0, 0.0), (2.0, 1.0), (3.0, 0.0)]


def test_rows_are_candles_of_their_own() -> None:
    frame = random_candles(10)
    part = Candles(frame).rows(2, 5)
    assert part.index.tolist() == [2, 3, 4]
    assert part["close"].tolist() == frame["close"].iloc[2:5].tolist()


def test_without_a_missing_value_there_is_one_stretch_and_it_is_the_whole() -> None:
    candles = Candles(random_candles(10))
    [(start, run)] = candles.stretches(("close", "volume"))
    assert (start, run) == (0, candles)


@pytest.mark.parametrize("missing", [float("nan"), float("inf"), 0.0, -1.0])
def test_a_price_that_is_none_ends_a_stretch(missing: float) -> None:
    frame = random_candles(10)
    frame.loc[[3, 4, 9], "close"] = missing
    assert stretches(frame, "close") == [(0, 3), (5, 4)]
    assert stretches(frame, "open") == [(0, 10)]


def test_no_volume_is_a_value_and_an_unknown_one_is_not() -> None:
    frame = random_candles(6)
    frame.loc[2, "volume"] = 0.0
    frame.loc[4, "volume"] = float("nan")
    assert stretches(frame, "volume") == [(0, 4), (5, 1)]


def test_a_hole_in_any_of_the_columns_counts() -> None:
    frame = random_candles(6)
    frame.loc[1, "open"] = frame.loc[4, "close"] = float("nan")
    assert stretches(frame, "open", "close") == [(0, 1), (2, 2), (5, 1)]
    assert stretches(frame.assign(open=float("nan")), "open") == []
