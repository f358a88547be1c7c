"""Trend: averages, their distance, directional movement, channels and fitted lines."""

# Ufuncs and TA-Lib are typed as Any.
# mypy: disable-error-code="no-any-return"

import numpy as np
import talib

from plimsoll.features.arrays import difference, lagged
from plimsoll.features.candles import Candles, Floats
from plimsoll.features.intermediates import ema_of, highest, log_close, lowest, mean_of, true_range
from plimsoll.features.kernels import rolling_line, rolling_mean
from plimsoll.features.registry import Unit, feature
from plimsoll.features.warmup import FORGOTTEN, ema_lookback_candles, wilder_lookback_candles

RANGE = ("high", "low", "close")
WILDER = "Wilder (1978), New Concepts in Technical Trading Systems, section IV"


@feature(
    lookback_candles=lambda period: ema_lookback_candles(period),
    unit=Unit.PRICE,
    source="Appel (2005), Technical Analysis: Power Tools, ch. 6; alpha = 2 / (period + 1)",
    tolerance=FORGOTTEN,
    defaults={"period": 50},
    least={"period": 2},
)
def ema(candles: Candles, *, period: int) -> Floats:
    """Exponential moving average of the close."""
    return candles.shared(ema_of, "close", period)


@feature(
    lookback_candles=lambda slow, fast: ema_lookback_candles(max(slow, fast)),
    unit=Unit.FRACTION,
    source="Appel (2005), Technical Analysis: Power Tools, ch. 8 (percentage price oscillator)",
    tolerance=FORGOTTEN,
    defaults={"fast": 20, "slow": 80},
    least={"fast": 2, "slow": 2},
)
def ema_gap(candles: Candles, *, fast: int, slow: int) -> Floats:
    """Fast EMA over slow EMA, minus one: above zero in an upward trend."""
    return candles.shared(_ema_gap, fast, slow)


def _ema_gap(candles: Candles, fast: int, slow: int) -> Floats:
    return candles.shared(ema_of, "close", fast) / candles.shared(ema_of, "close", slow) - 1


@feature(
    lookback_candles=lambda period, over: ema_lookback_candles(period) + int(over),
    unit=Unit.FRACTION,
    source="rate of change of an EMA: ema / ema shifted by `over` candles - 1",
    tolerance=FORGOTTEN,
    defaults={"period": 50, "over": 12},
    least={"period": 2},
)
def ema_slope(candles: Candles, *, period: int, over: int) -> Floats:
    """Relative change of the EMA over the last ``over`` candles."""
    average = candles.shared(ema_of, "close", period)
    return average / lagged(average, over) - 1


@feature(
    lookback_candles=lambda period: ema_lookback_candles(period),
    unit=Unit.FRACTION,
    source="Kaufman (2013), Trading Systems and Methods, 5th ed., ch. 8 (price against average)",
    tolerance=FORGOTTEN,
    defaults={"period": 50},
    least={"period": 2},
)
def ema_distance(candles: Candles, *, period: int) -> Floats:
    """Close against its EMA."""
    return candles["close"] / candles.shared(ema_of, "close", period) - 1


@feature(
    lookback_candles=lambda period: period - 1,
    unit=Unit.PRICE,
    source="Murphy (1999), Technical Analysis of the Financial Markets, ch. 9",
    defaults={"period": 50},
)
def sma(candles: Candles, *, period: int) -> Floats:
    """Simple moving average of the close."""
    return candles.shared(mean_of, "close", period)


@feature(
    lookback_candles=lambda fast, slow: max(fast, slow) - 1,
    unit=Unit.FRACTION,
    source="Brock, Lakonishok & LeBaron (1992), Simple Technical Trading Rules, section I.A",
    defaults={"fast": 50, "slow": 200},
)
def sma_gap(candles: Candles, *, fast: int, slow: int) -> Floats:
    """Fast simple average over the slow one, minus one."""
    return candles.shared(mean_of, "close", fast) / candles.shared(mean_of, "close", slow) - 1


@feature(
    lookback_candles=lambda fast, slow, signal: (
        ema_lookback_candles(max(fast, slow)) + ema_lookback_candles(signal)
    ),
    unit=Unit.FRACTION,
    source="Appel (2005), Technical Analysis: Power Tools, ch. 8 (signal line of the PPO)",
    tolerance=FORGOTTEN,
    defaults={"fast": 12, "slow": 26, "signal": 9},
    least={"fast": 2, "slow": 2, "signal": 2},
)
def macd_signal(candles: Candles, *, fast: int, slow: int, signal: int) -> Floats:
    """EMA of `ema_gap`: the MACD's signal line as a fraction of the price."""
    return candles.shared(_macd_signal, fast, slow, signal)


def _macd_signal(candles: Candles, fast: int, slow: int, signal: int) -> Floats:
    return talib.EMA(candles.shared(_ema_gap, fast, slow), signal)


@feature(
    lookback_candles=lambda fast, slow, signal: (
        ema_lookback_candles(max(fast, slow)) + ema_lookback_candles(signal)
    ),
    unit=Unit.FRACTION,
    source="Aspray (1986), MACD histogram; Appel (2005), Technical Analysis: Power Tools, ch. 8",
    tolerance=0.003,
    defaults={"fast": 12, "slow": 26, "signal": 9},
    least={"fast": 2, "slow": 2, "signal": 2},
)
def macd_histogram(candles: Candles, *, fast: int, slow: int, signal: int) -> Floats:
    """`ema_gap` less its signal line."""
    return candles.shared(_ema_gap, fast, slow) - candles.shared(_macd_signal, fast, slow, signal)


@feature(
    lookback_candles=lambda period: period + max(1, round(period**0.5)) - 2,
    unit=Unit.FRACTION,
    source="Hull (2005), The Hull Moving Average; weighted averages of half, whole and root length",
    defaults={"period": 49},
    least={"period": 2},
)
def hull_distance(candles: Candles, *, period: int) -> Floats:
    """Close against the Hull moving average."""
    close = candles["close"]
    raw = 2 * talib.WMA(close, period // 2) - talib.WMA(close, period)
    return close / talib.WMA(raw, max(1, round(period**0.5))) - 1


@feature(
    lookback_candles=lambda period: 2 * wilder_lookback_candles(period),
    unit=Unit.INDEX_0_100,
    source=WILDER,
    tolerance=0.02,
    inputs=RANGE,
    defaults={"period": 14},
    least={"period": 2},
)
def adx(candles: Candles, *, period: int) -> Floats:
    """Average directional index: the strength of a trend, whichever its direction."""
    return talib.ADX(candles["high"], candles["low"], candles["close"], period)


def _plus_di(candles: Candles, period: int) -> Floats:
    return talib.PLUS_DI(candles["high"], candles["low"], candles["close"], period)


def _minus_di(candles: Candles, period: int) -> Floats:
    return talib.MINUS_DI(candles["high"], candles["low"], candles["close"], period)


@feature(
    lookback_candles=lambda period: wilder_lookback_candles(period) + period,
    unit=Unit.INDEX_0_100,
    source=WILDER,
    tolerance=0.01,
    inputs=RANGE,
    defaults={"period": 14},
    least={"period": 2},
)
def plus_di(candles: Candles, *, period: int) -> Floats:
    """Positive directional indicator."""
    return candles.shared(_plus_di, period)


@feature(
    lookback_candles=lambda period: wilder_lookback_candles(period) + period,
    unit=Unit.INDEX_0_100,
    source=WILDER,
    tolerance=0.01,
    inputs=RANGE,
    defaults={"period": 14},
    least={"period": 2},
)
def minus_di(candles: Candles, *, period: int) -> Floats:
    """Negative directional indicator."""
    return candles.shared(_minus_di, period)


@feature(
    lookback_candles=lambda period: wilder_lookback_candles(period) + period,
    unit=Unit.SIGNED,
    source=WILDER,
    tolerance=0.01,
    inputs=RANGE,
    defaults={"period": 14},
    least={"period": 2},
)
def directional_balance(candles: Candles, *, period: int) -> Floats:
    """Positive less negative directional indicator over their sum."""
    up, down = candles.shared(_plus_di, period), candles.shared(_minus_di, period)
    return (up - down) / (up + down)


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.RATIO,
    source="Botes & Siepman (2010), The Vortex Indicator, Stocks & Commodities 28(1)",
    inputs=RANGE,
    defaults={"period": 28},
)
def vortex(candles: Candles, *, period: int) -> Floats:
    """Positive less negative vortex movement over the true range."""
    high, low = candles["high"], candles["low"]
    up, down = np.abs(high - lagged(low, 1)), np.abs(low - lagged(high, 1))
    return rolling_mean(up - down, period) / rolling_mean(candles.shared(true_range), period)


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.INDEX_0_100,
    source="Chande (1995), A Time Price Oscillator, Stocks & Commodities 13(9) (Aroon); up − down",
    inputs=("high", "low"),
    defaults={"period": 25},
    least={"period": 2},
)
def aroon_oscillator(candles: Candles, *, period: int) -> Floats:
    """How much more recent the highest high is than the lowest low: −100 to 100."""
    return talib.AROONOSC(candles["high"], candles["low"], period)


@feature(
    lookback_candles=lambda period: period - 1,
    unit=Unit.COUNT,
    source="Chande (1995), A Time Price Oscillator, Stocks & Commodities 13(9); in candles",
    inputs=("high",),
    defaults={"period": 96},
    least={"period": 2},
)
def candles_since_high(candles: Candles, *, period: int) -> Floats:
    """Candles since the highest high of the window."""
    return np.arange(len(candles)) - talib.MAXINDEX(candles["high"], period).astype("float64")


@feature(
    lookback_candles=lambda period: period - 1,
    unit=Unit.COUNT,
    source="Chande (1995), A Time Price Oscillator, Stocks & Commodities 13(9); in candles",
    inputs=("low",),
    defaults={"period": 96},
    least={"period": 2},
)
def candles_since_low(candles: Candles, *, period: int) -> Floats:
    """Candles since the lowest low of the window."""
    return np.arange(len(candles)) - talib.MININDEX(candles["low"], period).astype("float64")


@feature(
    lookback_candles=lambda period: int(period),
    unit=Unit.PRICE,
    source="Donchian channel: Covel (2007), The Complete TurtleTrader, ch. 5",
    inputs=("high",),
    defaults={"period": 20},
    least={"period": 2},
)
def donchian_high(candles: Candles, *, period: int) -> Floats:
    """Highest high of the ``period`` candles before this one."""
    return lagged(candles.shared(highest, "high", period), 1)


@feature(
    lookback_candles=lambda period: int(period),
    unit=Unit.PRICE,
    source="Donchian channel: Covel (2007), The Complete TurtleTrader, ch. 5",
    inputs=("low",),
    defaults={"period": 20},
    least={"period": 2},
)
def donchian_low(candles: Candles, *, period: int) -> Floats:
    """Lowest low of the ``period`` candles before this one."""
    return lagged(candles.shared(lowest, "low", period), 1)


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.RATIO,
    source="Donchian channel: Covel (2007), The Complete TurtleTrader, ch. 5; close within it",
    inputs=RANGE,
    defaults={"period": 20},
    least={"period": 2},
)
def donchian_position(candles: Candles, *, period: int) -> Floats:
    """Where the close lies in the channel of the candles before: 0 its low, 1 its high."""
    top = lagged(candles.shared(highest, "high", period), 1)
    bottom = lagged(candles.shared(lowest, "low", period), 1)
    return (candles["close"] - bottom) / (top - bottom)


@feature(
    lookback_candles=lambda period: period - 1,
    unit=Unit.FRACTION,
    source="Donchian channel: Covel (2007), The Complete TurtleTrader, ch. 5; width over the close",
    inputs=RANGE,
    defaults={"period": 20},
    least={"period": 2},
)
def donchian_width(candles: Candles, *, period: int) -> Floats:
    """Highest high less lowest low of the window, over the close."""
    top, bottom = candles.shared(highest, "high", period), candles.shared(lowest, "low", period)
    return (top - bottom) / candles["close"]


def _line(candles: Candles, period: int) -> tuple[Floats, Floats]:
    return rolling_line(candles.shared(log_close), period)


@feature(
    lookback_candles=lambda period: period - 1,
    unit=Unit.FRACTION,
    source="Clenow (2015), Stocks on the Move, ch. 8 (exponential regression)",
    defaults={"period": 96},
    least={"period": 2},
)
def line_slope(candles: Candles, *, period: int) -> Floats:
    """Slope per candle of the line through the logarithms of the closes."""
    return candles.shared(_line, period)[0].copy()


@feature(
    lookback_candles=lambda period: period - 1,
    unit=Unit.FRACTION,
    source="Clenow (2015), Stocks on the Move, ch. 8 (coefficient of determination)",
    defaults={"period": 96},
    least={"period": 2},
)
def line_fit(candles: Candles, *, period: int) -> Floats:
    """Share of the closes' variance that a straight line explains: 0 to 1."""
    return np.square(candles.shared(_line, period)[1])


@feature(
    lookback_candles=lambda period: period - 1,
    unit=Unit.DEVIATIONS,
    source="López de Prado (2018), Advances in Financial Machine Learning, ch. 3 (trend t-value)",
    defaults={"period": 96},
    least={"period": 3},
)
def line_t_value(candles: Candles, *, period: int) -> Floats:
    """t-value of the line's slope: its sign is the trend's, its size how sure it is."""
    correlation = np.clip(candles.shared(_line, period)[1], -1 + 1e-12, 1 - 1e-12)
    return correlation * np.sqrt((period - 2) / (1 - correlation * correlation))


@feature(
    lookback_candles=lambda period: 8 * period,
    unit=Unit.SIGNED,
    source="Baz et al. (2015), Dissecting Investment Strategies in the Cross Section, section 3",
    defaults={"period": 24},
)
def trend_agreement(candles: Candles, *, period: int) -> Floats:
    """Mean sign of the returns over 1, 2, 4 and 8 times ``period`` candles."""
    logs = candles.shared(log_close)
    signs = [np.sign(difference(logs, period * times)) for times in (1, 2, 4, 8)]
    return (signs[0] + signs[1] + signs[2] + signs[3]) / 4


@feature(
    lookback_candles=lambda fast, slow: max(fast, slow) - 1,
    unit=Unit.FRACTION,
    source="Patel (2010), Trading with Ichimoku Clouds, ch. 2 (Tenkan against Kijun)",
    inputs=("high", "low"),
    defaults={"fast": 9, "slow": 26},
    least={"fast": 2, "slow": 2},
)
def ichimoku_gap(candles: Candles, *, fast: int, slow: int) -> Floats:
    """Middle of the short range over the middle of the long range, minus one."""
    quick, base = (
        candles.shared(highest, "high", period) + candles.shared(lowest, "low", period)
        for period in (fast, slow)
    )
    return quick / base - 1
