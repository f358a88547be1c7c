"""Rows that are looked up by their time have the values that pandas finds there."""

from datetime import UTC, datetime, timedelta
from math import nan
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from plimsoll.signals.rows import Rows, floored, nanoseconds

A, B = "BTC/USDT:USDT", "ETH/USDT:USDT"
FRAME = pd.DataFrame(
    {A: [0.1, nan, 0.3], B: [1.0, 2.0, 3.0]}, pd.date_range("2024-01-01", periods=3, tz="UTC")
)


def test_a_time_has_its_row_whatever_it_is_written_as() -> None:
    second = datetime(2024, 1, 2, tzinfo=ZoneInfo("UTC"))
    for moment in (second, pd.Timestamp(second), pd.Timestamp(second).as_unit("s")):
        assert moment in Rows(FRAME)
        assert str(Rows(FRAME).at(moment)) == str({A: nan, B: 2.0})
        assert Rows(FRAME).value(moment, B) == 2.0


def test_a_time_that_the_frame_lacks_has_no_values() -> None:
    third = datetime(2024, 1, 3, 1, tzinfo=UTC)
    assert third not in Rows(FRAME)
    assert Rows(FRAME).at(third) == {}
    with pytest.raises(KeyError):
        Rows(FRAME).value(third, A)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_many_times_are_what_reindexing_gives(unit: str) -> None:
    hours = pd.date_range("2023-12-31", "2024-01-05", freq="6h", tz="UTC", unit=unit)
    for pair in (A, B):
        found = Rows(FRAME).of(hours.to_series(), pair)
        np.testing.assert_array_equal(found, FRAME[pair].reindex(hours).to_numpy())
    assert np.isnan(Rows(FRAME).of(hours.to_series(), "DOGE/USDT:USDT")).all()
    assert np.isnan(Rows(pd.DataFrame()).of(hours.to_series(), A)).all()


def test_a_moment_is_floored_as_pandas_floors_it() -> None:
    for minutes in (0, 1, 59, 60, 1439, 10_000):
        moment = datetime(2024, 1, 2, tzinfo=UTC) + timedelta(minutes=minutes, microseconds=7)
        assert nanoseconds(moment) == pd.Timestamp(moment).as_unit("ns").value
        for span in ("1h", "4h", "1D"):
            length = pd.Timedelta(span)
            assert floored(moment, length) == pd.Timestamp(moment).floor(length)
