"""How complete and alive a pair's candles are."""

from dataclasses import dataclass
from math import inf
from typing import Any

import pandas as pd

PRICES = ["open", "high", "low", "close"]


@dataclass(frozen=True, slots=True)
class CandleQuality:
    """Shares of the expected candles, each from 0 to 1.

    Attributes
    ----------
    present_fraction
        Candles found over candles expected in the window.
    zero_volume_fraction
        Candles without volume over candles found.
    frozen_fraction
        Candles whose open, high, low and close are all the previous close, over candles found.
    invalid_fraction
        Candles with a missing, non-positive or contradictory price, over candles found.
    """

    present_fraction: float
    zero_volume_fraction: float
    frozen_fraction: float
    invalid_fraction: float


def candle_quality(candles: pd.DataFrame, *, expected_candles: int) -> CandleQuality:
    """Measure the quality of a window of candles.

    Parameters
    ----------
    candles
        Columns ``date, open, high, low, close, volume``, ascending; duplicates of a date
        count once.
    expected_candles
        How many candles a complete window has; positive.
    """
    if expected_candles <= 0:
        message = f"expected_candles must be positive, found {expected_candles}"
        raise ValueError(message)
    window = candles.drop_duplicates("date").tail(expected_candles)
    if window.empty:
        return CandleQuality(0.0, 1.0, 1.0, 1.0)
    invalid = impossible_prices(window) | contradictory_prices(window)
    frozen = frozen_prices(window)
    return CandleQuality(
        present_fraction=min(len(window) / expected_candles, 1.0),
        zero_volume_fraction=float((window["volume"].fillna(0.0) <= 0).mean()),
        frozen_fraction=float(frozen.mean()),
        invalid_fraction=float(invalid.mean()),
    )


def impossible_prices(candles: pd.DataFrame) -> "pd.Series[bool]":
    """Return which candles have a price that is missing, infinite, zero or negative."""
    fine: pd.Series[bool] = possible(*(candles[name] for name in PRICES))
    return ~fine


def contradictory_prices(candles: pd.DataFrame) -> "pd.Series[bool]":
    """Return which candles have a high below, or a low above, another of their prices.

    NaN contradicts nothing; `impossible_prices` finds it.
    """
    bad: pd.Series[bool] = contradictory(*(candles[name] for name in PRICES))
    return bad


def possible(open_: Any, high: Any, low: Any, close: Any) -> Any:
    """Return whether prices are above 0 and finite; NaN is not. Of four floats or four columns."""
    above = (open_ > 0) & (high > 0) & (low > 0) & (close > 0)
    return above & (open_ < inf) & (high < inf) & (low < inf) & (close < inf)


def contradictory(open_: Any, high: Any, low: Any, close: Any) -> Any:
    """Return whether the high is below, or the low above, another; of four floats or columns."""
    return (high < open_) | (high < low) | (high < close) | (low > open_) | (low > close)


def frozen_prices(candles: pd.DataFrame) -> "pd.Series[bool]":
    """Return which candles have all four prices equal to the close before them."""
    return candles[PRICES].eq(candles["close"].shift(1), axis=0).all(axis=1)
