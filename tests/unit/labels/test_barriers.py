"""Barriers: which is touched first, and the worse where a candle does not say."""

import numpy as np
import pandas as pd
import pytest

from plimsoll.core import PlimsollError, Side
from plimsoll.labels import barrier_direction, triple_barrier


def candles(*ranges: tuple[float, float]) -> pd.DataFrame:
    """A candle at 100, then candles of these lows and highs that close in their middle."""
    lows = [100.0, *(low for low, _ in ranges)]
    highs = [100.0, *(high for _, high in ranges)]
    close = [100.0, *((low + high) / 2 for low, high in ranges)]
    return pd.DataFrame({"high": highs, "low": lows, "close": close})


def first(*ranges: tuple[float, float], side: Side = Side.LONG) -> str:
    found = triple_barrier(
        candles(*ranges), side=side, horizon_candles=len(ranges), target=0.02, stop=0.01
    )
    return str(found.iloc[0])


def test_the_barrier_that_is_touched_first_decides() -> None:
    assert first((99.5, 101.0), (99.5, 102.5), (98.0, 99.0)) == "win"
    assert first((99.5, 101.0), (98.5, 99.5), (102.0, 103.0)) == "loss"
    assert first((99.5, 101.0), (99.5, 101.0)) == "timeout"


def test_a_short_trade_wins_where_the_price_falls() -> None:
    assert first((97.5, 100.5), (100.0, 100.5), side=Side.SHORT) == "win"
    assert first((99.5, 101.5), (97.0, 98.0), side=Side.SHORT) == "loss"


@pytest.mark.parametrize("side", list(Side))
def test_a_candle_that_touches_both_is_a_loss(side: Side) -> None:
    assert first((97.0, 103.0), (100.0, 100.0), side=side) == "loss"


def test_a_price_exactly_at_a_barrier_touches_it() -> None:
    assert first((99.5, 102.0), (100.0, 100.0)) == "win"
    assert first((99.0, 100.5), (100.0, 100.0)) == "loss"


def test_the_candle_of_the_entry_touches_nothing() -> None:
    frame = candles((99.5, 100.5), (99.5, 100.5))
    frame.loc[0, ["high", "low"]] = [110.0, 90.0]
    found = triple_barrier(frame, side=Side.LONG, horizon_candles=2, target=0.02, stop=0.01)
    assert found.iloc[0] == "timeout"


def test_a_row_whose_horizon_is_not_over_has_no_label_even_if_it_met_a_barrier() -> None:
    frame = candles((99.5, 105.0), (100.0, 100.0))
    found = triple_barrier(frame, side=Side.LONG, horizon_candles=3, target=0.02, stop=0.01)
    assert found.isna().all()


def test_distances_may_follow_the_volatility_of_each_row() -> None:
    frame = candles((99.0, 101.5), (99.0, 101.5))
    width = pd.Series([0.02, 0.001, np.nan])
    found = triple_barrier(frame, side=Side.LONG, horizon_candles=1, target=width, stop=width)
    assert found.iloc[0] == "timeout"
    assert found.iloc[1] == "loss"
    assert found.isna().iloc[2]


def test_a_missing_price_in_the_horizon_is_no_label() -> None:
    frame = candles((99.5, 100.5), (99.5, 100.5), (99.5, 100.5))
    frame.loc[2, "low"] = np.nan
    found = triple_barrier(frame, side=Side.LONG, horizon_candles=2, target=0.02, stop=0.01)
    assert found.isna().tolist() == [True, True, True, True]


def test_the_direction_is_the_side_that_would_have_won() -> None:
    found = [
        barrier_direction(candles(one), horizon_candles=1, distance=0.01).iloc[0]
        for one in ((99.5, 101.5), (98.5, 100.5), (99.5, 100.5), (98.0, 102.0))
    ]
    assert found == ["up", "down", "flat", "flat"]


@pytest.mark.parametrize("distance", [0.0, -0.01])
def test_a_barrier_at_the_price_is_refused(distance: float) -> None:
    with pytest.raises(PlimsollError, match="barriers at a distance above 0"):
        barrier_direction(candles((99.0, 101.0)), horizon_candles=1, distance=distance)


def test_a_horizon_of_no_candle_is_refused() -> None:
    with pytest.raises(PlimsollError, match="a horizon of 1 candle or more, found 0"):
        barrier_direction(candles((99.0, 101.0)), horizon_candles=0, distance=0.01)
