"""The made-up candles are possible, complete, and the same for the same seed."""

import numpy as np
import pandas as pd
import pytest

from plimsoll.checks.market_frame import (
    AMOUNTS,
    PRICES,
    VALUES,
    market_frame,
    random_candles,
)
from plimsoll.features.candles import POSITIVE_COLUMNS
from plimsoll.features.merging import ORIGIN_OF_COLUMN

ROWS = 500


@pytest.mark.parametrize("make", [random_candles, market_frame])
def test_every_candle_is_possible(make) -> None:  # type: ignore[no-untyped-def]
    candles = make(ROWS)
    assert len(candles) == ROWS
    assert (candles["high"] >= candles[["open", "close"]].max(axis=1)).all()
    assert (candles["low"] <= candles[["open", "close"]].min(axis=1)).all()
    assert (candles["date"].diff().iloc[1:] == pd.Timedelta("5min")).all()
    assert str(candles["date"].dt.tz) == "UTC"


def test_the_length_of_a_candle_is_the_one_asked_for() -> None:
    dates = random_candles(3, timeframe="4h")["date"]
    assert list(dates.diff().iloc[1:]) == [pd.Timedelta("4h")] * 2


def test_the_same_seed_gives_the_same_candles_and_another_others() -> None:
    first = market_frame(ROWS, seed=3)
    pd.testing.assert_frame_equal(first, market_frame(ROWS, seed=3))
    assert np.isclose(first["close"], market_frame(ROWS, seed=4)["close"]).mean() < 0.1


def test_every_column_that_a_feature_may_ask_for_is_there_without_a_gap() -> None:
    made = market_frame(ROWS)
    assert {*ORIGIN_OF_COLUMN, *POSITIVE_COLUMNS, *PRICES, *AMOUNTS, *VALUES} <= set(made)
    assert np.isfinite(made.drop(columns="date").to_numpy("float64")).all()
    assert (made[sorted(POSITIVE_COLUMNS)] > 0).all(axis=None)
    assert (made["bid_price"] < made["ask_price"]).all()


def test_funding_is_paid_on_every_24th_candle_alone() -> None:
    made = market_frame(ROWS)
    paid = made["funding_paid"].to_numpy()
    assert np.flatnonzero(paid).tolist() == list(range(0, ROWS, 24))
    assert (paid[::24] == made["funding_rate"].to_numpy()[::24]).all()


def test_opens_lie_apart_from_the_close_before() -> None:
    made = market_frame(ROWS)
    assert (made["open"].iloc[1:].to_numpy() != made["close"].iloc[:-1].to_numpy()).mean() > 0.9


def test_open_interest_in_usd_is_coins_times_price() -> None:
    made = market_frame(ROWS)
    np.testing.assert_allclose(made["open_interest_usd"], made["open_interest"] * made["close"])
