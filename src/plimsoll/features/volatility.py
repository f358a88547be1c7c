"""Volatility: true range."""

import pandas as pd
import talib

from plimsoll.features.registry import Unit, feature, series
from plimsoll.features.warmup import FORGOTTEN, wilder_lookback_candles


@feature(
    lookback_candles=lambda period: wilder_lookback_candles(period) + 1,
    unit=Unit.PRICE,
    source="Wilder (1978), New Concepts in Technical Trading Systems, section III",
    tolerance=FORGOTTEN,
)
def atr(candles: pd.DataFrame, *, period: int) -> pd.Series:
    """Average true range."""
    high, low, close = (candles[name].to_numpy("float64") for name in ("high", "low", "close"))
    return series(candles, talib.ATR(high, low, close, int(period)))


@feature(
    lookback_candles=lambda period: wilder_lookback_candles(period) + 1,
    unit=Unit.FRACTION,
    source="Wilder (1978), New Concepts in Technical Trading Systems, section III; over the close",
    tolerance=FORGOTTEN,
)
def atr_fraction(candles: pd.DataFrame, *, period: int) -> pd.Series:
    """Average true range as a fraction of the close."""
    high, low, close = (candles[name].to_numpy("float64") for name in ("high", "low", "close"))
    return series(candles, talib.ATR(high, low, close, int(period)) / close)
