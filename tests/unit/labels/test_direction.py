"""Labels: where the close is after the horizon, and nothing where that is not known."""

import numpy as np
import pandas as pd
import pytest

from plimsoll.core import PlimsollError
from plimsoll.labels import direction, future_return

CLOSE = pd.Series([100.0, 101.0, 100.0, 102.0, 100.0, 100.2])


def test_the_future_return_is_of_the_close_after_the_horizon() -> None:
    found = future_return(CLOSE, horizon_candles=3)
    assert found.iloc[:3].tolist() == pytest.approx([0.02, 100 / 101 - 1, 0.002])
    assert found.iloc[3:].isna().all()


def test_direction_names_moves_beyond_the_threshold() -> None:
    found = direction(CLOSE, horizon_candles=3, threshold=0.005)
    assert found.iloc[:3].tolist() == ["up", "down", "flat"]


def test_a_row_whose_future_is_not_known_has_no_class() -> None:
    found = direction(CLOSE, horizon_candles=3, threshold=0.005)
    assert found.iloc[3:].isna().all()


def test_a_move_exactly_at_the_threshold_is_flat() -> None:
    close = pd.Series([1024.0, 1032.0, 1024.0])
    assert direction(close, horizon_candles=1, threshold=1 / 128).iloc[0] == "flat"


@pytest.mark.parametrize("bad", [np.nan, 0.0, -1.0])
def test_a_price_that_is_none_gives_no_class_on_either_end(bad: float) -> None:
    close = pd.Series([100.0, bad, 101.0, 102.0])
    found = direction(close, horizon_candles=1, threshold=0.005)
    assert found.isna().tolist() == [True, True, False, True]


def test_a_horizon_of_no_candle_is_refused() -> None:
    with pytest.raises(PlimsollError, match="expected a horizon of 1 candle or more, found 0"):
        future_return(CLOSE, horizon_candles=0)


def test_a_negative_threshold_is_refused() -> None:
    with pytest.raises(PlimsollError, match="threshold"):
        direction(CLOSE, horizon_candles=1, threshold=-0.1)
