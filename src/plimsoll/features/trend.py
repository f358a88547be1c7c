"""Trend: averages, their distance, and directional movement."""

import pandas as pd
import talib

from plimsoll.features.registry import Unit, feature, series
from plimsoll.features.warmup import FORGOTTEN, ema_lookback_candles, wilder_lookback_candles


@feature(
    lookback_candles=lambda period: ema_lookback_candles(period),
    unit=Unit.PRICE,
    source="Appel (2005), Technical Analysis: Power Tools, ch. 6; alpha = 2 / (period + 1)",
    tolerance=FORGOTTEN,
)
def ema(candles: pd.DataFrame, *, period: int) -> pd.Series:
    """Exponential moving average of the close."""
    return series(candles, talib.EMA(candles["close"].to_numpy("float64"), int(period)))


@feature(
    lookback_candles=lambda slow, fast: ema_lookback_candles(max(slow, fast)),
    unit=Unit.FRACTION,
    source="Appel (2005), Technical Analysis: Power Tools, ch. 8 (percentage price oscillator)",
    tolerance=FORGOTTEN,
)
def ema_gap(candles: pd.DataFrame, *, fast: int, slow: int) -> pd.Series:
    """Fast EMA over slow EMA, minus one: above zero in an upward trend."""
    close = candles["close"].to_numpy("float64")
    return series(candles, talib.EMA(close, int(fast)) / talib.EMA(close, int(slow)) - 1)


@feature(
    lookback_candles=lambda period, over: ema_lookback_candles(period) + int(over),
    unit=Unit.FRACTION,
    source="rate of change of an EMA: ema / ema shifted by `over` candles - 1",
    tolerance=FORGOTTEN,
)
def ema_slope(candles: pd.DataFrame, *, period: int, over: int) -> pd.Series:
    """Relative change of the EMA over the last ``over`` candles."""
    average = series(candles, talib.EMA(candles["close"].to_numpy("float64"), int(period)))
    return average / average.shift(int(over)) - 1


@feature(
    lookback_candles=lambda period: 2 * wilder_lookback_candles(period),
    unit=Unit.INDEX_0_100,
    source="Wilder (1978), New Concepts in Technical Trading Systems, section IV",
    tolerance=0.02,
)
def adx(candles: pd.DataFrame, *, period: int) -> pd.Series:
    """Average directional index: the strength of a trend, whichever its direction."""
    high, low, close = (candles[name].to_numpy("float64") for name in ("high", "low", "close"))
    return series(candles, talib.ADX(high, low, close, int(period)))


@feature(
    lookback_candles=lambda period: int(period),
    unit=Unit.PRICE,
    source="Donchian channel: Covel (2007), The Complete TurtleTrader, ch. 5",
)
def donchian_high(candles: pd.DataFrame, *, period: int) -> pd.Series:
    """Highest high of the ``period`` candles before this one."""
    return candles["high"].rolling(int(period)).max().shift(1)


@feature(
    lookback_candles=lambda period: int(period),
    unit=Unit.PRICE,
    source="Donchian channel: Covel (2007), The Complete TurtleTrader, ch. 5",
)
def donchian_low(candles: pd.DataFrame, *, period: int) -> pd.Series:
    """Lowest low of the ``period`` candles before this one."""
    return candles["low"].rolling(int(period)).min().shift(1)
