"""What several features are made of; ask for it with ``candles.shared``."""

# Ufuncs and TA-Lib are typed as Any.
# mypy: disable-error-code="no-any-return"

import numpy as np
import talib

from plimsoll.features.arrays import lagged
from plimsoll.features.candles import Candles, Floats
from plimsoll.features.kernels import rolling_mean, rolling_std


def log_close(candles: Candles) -> Floats:
    """Natural logarithm of the close."""
    return np.log(candles["close"])


def log_returns(candles: Candles) -> Floats:
    """Change of `log_close` from the candle before; NaN in the first row."""
    return np.diff(candles.shared(log_close), prepend=np.nan)


def typical_price(candles: Candles) -> Floats:
    """Mean of high, low and close."""
    return (candles["high"] + candles["low"] + candles["close"]) / 3.0


def money(candles: Candles) -> Floats:
    """Typical price times volume: USD traded, nearly."""
    return candles.shared(typical_price) * candles["volume"]


def ema_of(candles: Candles, column: str, period: int) -> Floats:
    """Exponential moving average of a column."""
    return talib.EMA(candles[column], int(period))


def mean_of(candles: Candles, column: str, period: int) -> Floats:
    """Moving average of a column."""
    return rolling_mean(candles[column], int(period))


def deviation_of(candles: Candles, column: str, period: int) -> Floats:
    """Sample standard deviation of a column over a window."""
    return rolling_std(candles[column], int(period))


def close_volatility_of(candles: Candles, period: int) -> Floats:
    """Sample standard deviation of the log returns over a window."""
    return rolling_std(candles.shared(log_returns), int(period))


def highest(candles: Candles, column: str, period: int) -> Floats:
    """Highest value of a column over a window."""
    return talib.MAX(candles[column], int(period))


def lowest(candles: Candles, column: str, period: int) -> Floats:
    """Lowest value of a column over a window."""
    return talib.MIN(candles[column], int(period))


def average_true_range(candles: Candles, period: int) -> Floats:
    """Wilder's average true range."""
    high, low, close = candles["high"], candles["low"], candles["close"]
    return talib.ATR(high, low, close, int(period))


def true_range(candles: Candles) -> Floats:
    """Largest of high − low and the distances of high and low from the close before."""
    before = lagged(candles["close"], 1)
    return np.maximum(candles["high"], before) - np.minimum(candles["low"], before)


def relative_strength_index(candles: Candles, period: int) -> Floats:
    """Wilder's RSI of the close."""
    return talib.RSI(candles["close"], int(period))
