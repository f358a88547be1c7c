"""Minutes made of longer candles."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from plimsoll.core import UsageError
from plimsoll.lab.parity_minutes import minutes_of, premium_of, with_minutes
from plimsoll.lab.study_data import file_of
from tests.unit.cli.bots import BEGIN, BTC


def candles(count, length, start=BEGIN, seed=3):
    rng = np.random.default_rng(seed)
    edges = np.round(100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.01, count + 1))), 1)
    opened, closed = edges[:-1], edges[1:]
    high = np.round(np.maximum(opened, closed) + rng.uniform(0.0, 2.0, count), 1)
    low = np.round(np.minimum(opened, closed) - rng.uniform(0.0, 2.0, count), 1)
    dates = pd.date_range(start, periods=count, freq=f"{length}min")
    return pd.DataFrame(
        {"date": dates, "open": opened, "high": high, "low": low, "close": closed, "volume": 60.0}
    )


@pytest.mark.parametrize("length", [3, 5, 15, 60])
def test_put_together_again_they_are_the_candles(length):
    given = candles(50, length)
    minutes = minutes_of(given, length)
    how = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
    again = minutes.set_index("date").resample(f"{length}min").agg(how).reset_index()

    pd.testing.assert_frame_equal(again, given, check_dtype=False, check_freq=False)


def test_a_minute_never_turns_inside_and_begins_where_the_last_one_ended():
    minutes = minutes_of(candles(50, 60), 60)

    ends = np.sort(minutes[["open", "close"]].to_numpy(), axis=1)
    assert (ends == minutes[["low", "high"]].to_numpy()).all()
    within = minutes["open"].to_numpy()[1:] == minutes["close"].to_numpy()[:-1]
    assert within.all()


def test_prices_keep_the_market_s_decimals():
    minutes = minutes_of(candles(50, 60), 60)

    prices = minutes[["open", "high", "low", "close"]].to_numpy()
    assert (prices == np.round(prices, 1)).all()


def store(folder, frame, timeframe):
    file = file_of(folder, BTC, timeframe)
    file.parent.mkdir(parents=True, exist_ok=True)
    frame.reset_index(drop=True).to_feather(file)


def test_the_finest_candles_without_a_gap_are_taken_and_the_source_is_left_alone(tmp_path):
    start = BEGIN - timedelta(days=1)
    store(tmp_path / "data", candles(48, 60, start), "1h")
    store(tmp_path / "data", candles(576, 5, start).drop(index=300), "5m")
    made = with_minutes(
        tmp_path / "data", tmp_path / "served", (BTC,), BEGIN, BEGIN + timedelta(days=1)
    )

    assert made == {BTC: "1h"}
    assert len(pd.read_feather(file_of(tmp_path / "served", BTC, "1m"))) == 2 * 1440
    assert not file_of(tmp_path / "data", BTC, "1m").exists()


def test_a_span_without_candles_is_refused_with_its_days(tmp_path):
    store(tmp_path / "data", candles(48, 60), "1h")
    with pytest.raises(UsageError, match="2025-03-09"):
        with_minutes(
            tmp_path / "data",
            tmp_path / "served",
            (BTC,),
            BEGIN + timedelta(days=9),
            BEGIN + timedelta(days=10),
        )


def test_a_pair_with_candles_of_both_markets_gets_its_premium(tmp_path):
    start = BEGIN - timedelta(days=1)
    store(tmp_path / "data", candles(72, 60, start), "1h")
    spot = candles(71, 60, start, seed=4)
    spot.to_feather(file_of(tmp_path / "data", BTC, "1h", "spot"))

    with_minutes(tmp_path / "data", tmp_path / "made", (BTC,), BEGIN, BEGIN + timedelta(days=1))

    premium = pd.read_feather(file_of(tmp_path / "made", BTC, "1h", "premiumIndex"))
    perpetual = candles(72, 60, start)
    wanted = perpetual["close"][:71] / spot["close"] - 1.0
    assert np.allclose(premium["close"], wanted)
    assert (premium["open"] == premium["close"]).all()
    assert not file_of(tmp_path / "data", BTC, "1h", "premiumIndex").exists()


def test_an_hour_that_one_market_lacks_has_no_premium():
    perpetual, spot = candles(5, 60), candles(5, 60).drop(index=2)

    assert list(premium_of(perpetual, spot)["date"]) == list(spot["date"])
