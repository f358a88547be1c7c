"""Oscillators: how stretched the price is within its recent range."""

# Ufuncs and TA-Lib are typed as Any.
# mypy: disable-error-code="no-any-return"

import numpy as np
import talib

from plimsoll.features.arrays import difference, lagged
from plimsoll.features.candles import Candles, Floats
from plimsoll.features.intermediates import (
    highest,
    lowest,
    mean_of,
    relative_strength_index,
    true_range,
)
from plimsoll.features.kernels import rolling_mean
from plimsoll.features.registry import Unit, feature
from plimsoll.features.warmup import ema_lookback_candles, wilder_lookback_candles

RANGE = ("high", "low", "close")


@feature(
    lookback_candles=lambda period: wilder_lookback_candles(period) + 1,
    unit=Unit.INDEX_0_100,
    source="Wilder (1978), New Concepts in Technical Trading Systems, section VI",
    tolerance=0.005,
    defaults={"period": 14},
    least={"period": 2},
)
def rsi(candles: Candles, *, period: int) -> Floats:
    """Relative strength index."""
    return candles.shared(relative_strength_index, period)


@feature(
    lookback_candles=lambda period, over: wilder_lookback_candles(period) + 1 + over,
    unit=Unit.INDEX_0_100,
    source="Wilder (1978), New Concepts in Technical Trading Systems, section VI; its change",
    tolerance=0.01,
    defaults={"period": 14, "over": 6},
    least={"period": 2},
)
def rsi_change(candles: Candles, *, period: int, over: int) -> Floats:
    """Change of the RSI over the last ``over`` candles: −100 to 100."""
    return difference(candles.shared(relative_strength_index, period), over)


def _stochastic(candles: Candles, period: int, smooth: int) -> Floats:
    top, bottom = candles.shared(highest, "high", period), candles.shared(lowest, "low", period)
    span = rolling_mean(top - bottom, smooth)
    return 100 * rolling_mean(candles["close"] - bottom, smooth) / span


@feature(
    lookback_candles=lambda period, smooth: period + smooth - 2,
    unit=Unit.INDEX_0_100,
    source="Lane (1984), Lane's Stochastics, Stocks & Commodities 2(3) (slow %K, ratio of sums)",
    inputs=RANGE,
    defaults={"period": 14, "smooth": 3},
    least={"period": 2},
)
def stochastic(candles: Candles, *, period: int, smooth: int) -> Floats:
    """Close within the range of the window, smoothed: 0 at the low, 100 at the high."""
    return candles.shared(_stochastic, period, smooth)


@feature(
    lookback_candles=lambda period, smooth: period + 2 * smooth - 3,
    unit=Unit.INDEX_0_100,
    source="Lane (1984), Lane's Stochastics, Stocks & Commodities 2(3) (%D)",
    inputs=RANGE,
    defaults={"period": 14, "smooth": 3},
    least={"period": 2},
)
def stochastic_signal(candles: Candles, *, period: int, smooth: int) -> Floats:
    """Moving average of `stochastic`."""
    return rolling_mean(candles.shared(_stochastic, period, smooth), smooth)


@feature(
    lookback_candles=lambda period, window: wilder_lookback_candles(period) + window,
    unit=Unit.INDEX_0_100,
    source="Chande & Kroll (1994), The New Technical Trader, ch. 5 (stochastic RSI)",
    tolerance=0.02,
    defaults={"period": 14, "window": 14},
    least={"period": 2, "window": 2},
)
def stochastic_rsi(candles: Candles, *, period: int, window: int) -> Floats:
    """RSI within its own range of the window."""
    values = candles.shared(relative_strength_index, period)
    top, bottom = talib.MAX(values, window), talib.MIN(values, window)
    return 100 * (values - bottom) / (top - bottom)


@feature(
    lookback_candles=lambda period: period - 1,
    unit=Unit.INDEX_0_100,
    source="Williams (1979), How I Made One Million Dollars, ch. 7 (%R, from −100 to 0)",
    inputs=RANGE,
    defaults={"period": 14},
    least={"period": 2},
)
def williams_r(candles: Candles, *, period: int) -> Floats:
    """Close below the highest high, as a percentage of the window's range: −100 to 0."""
    top, bottom = candles.shared(highest, "high", period), candles.shared(lowest, "low", period)
    return -100 * (top - candles["close"]) / (top - bottom)


@feature(
    lookback_candles=lambda period: period - 1,
    unit=Unit.RATIO,
    source="Lambert (1980), Commodity Channel Index, Commodities 9(10)",
    inputs=RANGE,
    defaults={"period": 20},
    least={"period": 2},
)
def cci(candles: Candles, *, period: int) -> Floats:
    """Commodity channel index: typical price from its mean in 0.015 mean deviations."""
    return talib.CCI(candles["high"], candles["low"], candles["close"], period)


@feature(
    lookback_candles=lambda short, middle, long: max(short, middle, long),
    unit=Unit.INDEX_0_100,
    source="Williams (1985), The Ultimate Oscillator, Stocks & Commodities 3(4)",
    inputs=RANGE,
    defaults={"short": 7, "middle": 14, "long": 28},
)
def ultimate_oscillator(candles: Candles, *, short: int, middle: int, long: int) -> Floats:
    """Buying pressure over the true range, over three windows weighted 4, 2 and 1."""
    bottom = np.minimum(candles["low"], lagged(candles["close"], 1))
    pressure, spread = candles["close"] - bottom, candles.shared(true_range)
    parts = [
        weight * rolling_mean(pressure, period) / rolling_mean(spread, period)
        for weight, period in ((4, short), (2, middle), (1, long))
    ]
    return 100 * (parts[0] + parts[1] + parts[2]) / 7


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.INDEX_0_100,
    source="Chande & Kroll (1994), The New Technical Trader, ch. 5 (momentum oscillator)",
    defaults={"period": 14},
)
def chande_momentum(candles: Candles, *, period: int) -> Floats:
    """Gains less losses over gains plus losses, in plain sums: −100 to 100."""
    moves = difference(candles["close"], 1)
    return 100 * rolling_mean(moves, period) / rolling_mean(np.abs(moves), period)


@feature(
    lookback_candles=lambda period: 3 * ema_lookback_candles(period) + 1,
    unit=Unit.FRACTION,
    source="Hutson (1983), Good TRIX, Stocks & Commodities 1(5)",
    tolerance=0.005,
    defaults={"period": 15},
    least={"period": 2},
)
def trix(candles: Candles, *, period: int) -> Floats:
    """One-candle change of the EMA of the EMA of the EMA of the close."""
    return talib.TRIX(candles["close"], period) / 100


@feature(
    lookback_candles=lambda short, long: (
        ema_lookback_candles(short) + ema_lookback_candles(long) + 1
    ),
    unit=Unit.INDEX_0_100,
    source="Blau (1995), Momentum, Direction and Divergence, ch. 2 (true strength index)",
    tolerance=0.01,
    defaults={"short": 13, "long": 25},
    least={"short": 2, "long": 2},
)
def true_strength(candles: Candles, *, short: int, long: int) -> Floats:
    """Twice smoothed change of the close over the same of its size: −100 to 100."""
    moves = difference(candles["close"], 1)
    up = talib.EMA(talib.EMA(moves, long), short)
    return 100 * up / talib.EMA(talib.EMA(np.abs(moves), long), short)


@feature(
    lookback_candles=lambda fast, slow: max(fast, slow) - 1,
    unit=Unit.FRACTION,
    source="Williams (1998), New Trading Dimensions, ch. 8 (awesome oscillator); over the average",
    inputs=("high", "low"),
    defaults={"fast": 5, "slow": 34},
)
def awesome_oscillator(candles: Candles, *, fast: int, slow: int) -> Floats:
    """Fast over slow average of the candles' middles, minus one."""
    middle = candles["high"] + candles["low"]
    return rolling_mean(middle, fast) / rolling_mean(middle, slow) - 1


@feature(
    lookback_candles=lambda period: period - 1 + period // 2 + 1,
    unit=Unit.FRACTION,
    source="Achelis (2000), Technical Analysis from A to Z, Detrended Price Oscillator",
    defaults={"period": 20},
)
def detrended_price(candles: Candles, *, period: int) -> Floats:
    """Close against the moving average of half a period ago."""
    return candles["close"] / lagged(candles.shared(mean_of, "close", period), period // 2 + 1) - 1


@feature(
    lookback_candles=lambda period: period - 1,
    unit=Unit.SIGNED,
    source="Livshin (2001), Balance of Power, Stocks & Commodities 19(8); ratio of means",
    inputs=("open", *RANGE),
    defaults={"period": 14},
)
def balance_of_power(candles: Candles, *, period: int) -> Floats:
    """Mean body over the mean range: 1 when every candle closes at its high from its low."""
    body = rolling_mean(candles["close"] - candles["open"], period)
    return body / rolling_mean(candles["high"] - candles["low"], period)
