"""Seconds made of minutes are the simulated exchange's own path through them."""

import numpy as np
import pandas as pd

from plimsoll.lab.parity_seconds import add_seconds, seconds_of
from plimsoll.lab.study_data import file_of
from plimsoll.venue.market.base import CANDLE
from plimsoll.venue.market.intervals import INTERVALS
from plimsoll.venue.market.pathwise import forming_candle
from plimsoll.venue.market.scenario import Overlay
from tests.unit.cli.bots import BTC
from tests.unit.lab.test_parity_minutes import candles


def test_put_together_again_they_are_the_minutes():
    minutes = candles(50, 1)
    how = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
    again = seconds_of(minutes).set_index("date").resample("1min").agg(how).reset_index()

    pd.testing.assert_frame_equal(again, minutes, check_dtype=False, check_freq=False)


def test_candles_of_five_seconds_are_those_seconds_put_together():
    minutes = candles(50, 1)
    how = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
    again = seconds_of(minutes).set_index("date").resample("5s").agg(how).reset_index()

    pd.testing.assert_frame_equal(
        again, seconds_of(minutes, 5), check_dtype=False, check_freq=False
    )


def test_each_second_closes_where_the_exchange_is_then():
    minutes = candles(1, 1)
    row = np.zeros(1, dtype=CANDLE)
    row["open_ms"] = minutes["date"].iloc[0].timestamp() * 1000
    for name in ("open", "high", "low", "close", "volume"):
        row[name] = minutes[name].iloc[0]

    for second in (1, 19, 20, 33, 59):
        seen = forming_candle(
            row,
            INTERVALS["1m"],
            "BTCUSDT",
            Overlay(),
            1,
            int(row["open_ms"][0]) + second * 1000,
            is_price=True,
        )
        assert seconds_of(minutes)["close"].iloc[second - 1] == seen["close"][0]


def test_they_lie_beside_the_minutes(tmp_path):
    (tmp_path / "futures").mkdir()
    minutes = candles(3, 1)
    minutes.to_feather(file_of(tmp_path, BTC, "1m"))

    add_seconds(tmp_path, (BTC,))
    add_seconds(tmp_path, (BTC,), 5)

    made = pd.read_feather(file_of(tmp_path, BTC, "1s"))
    assert len(made) == 180
    assert len(pd.read_feather(file_of(tmp_path, BTC, "5s"))) == 36
    assert made["date"].dtype == minutes["date"].dtype
