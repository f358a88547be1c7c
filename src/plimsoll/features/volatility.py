"""Volatility: ranges, estimators from candles, and how volatility itself moves."""

# Ufuncs and TA-Lib are typed as Any.
# mypy: disable-error-code="no-any-return"

import math

import numpy as np
import talib

from plimsoll.features.arrays import difference, lagged
from plimsoll.features.candles import Candles, Floats
from plimsoll.features.intermediates import (
    average_true_range,
    close_volatility_of,
    highest,
    log_returns,
    true_range,
)
from plimsoll.features.kernels import rolling_mean, rolling_rank, rolling_std
from plimsoll.features.registry import Unit, feature
from plimsoll.features.warmup import FORGOTTEN, ema_lookback_candles, wilder_lookback_candles

RANGE = ("high", "low", "close")
OHLC = ("open", *RANGE)


@feature(
    lookback_candles=lambda period: wilder_lookback_candles(period) + 1,
    unit=Unit.PRICE,
    source="Wilder (1978), New Concepts in Technical Trading Systems, section III",
    tolerance=FORGOTTEN,
    inputs=RANGE,
    defaults={"period": 14},
    least={"period": 2},
)
def atr(candles: Candles, *, period: int) -> Floats:
    """Average true range."""
    return candles.shared(average_true_range, period)


@feature(
    lookback_candles=lambda period: wilder_lookback_candles(period) + 1,
    unit=Unit.FRACTION,
    source="Wilder (1978), New Concepts in Technical Trading Systems, section III; over the close",
    tolerance=FORGOTTEN,
    inputs=RANGE,
    defaults={"period": 14},
    least={"period": 2},
)
def atr_fraction(candles: Candles, *, period: int) -> Floats:
    """Average true range as a fraction of the close."""
    return candles.shared(average_true_range, period) / candles["close"]


@feature(
    lookback_candles=lambda: 1,
    unit=Unit.FRACTION,
    source="Wilder (1978), New Concepts in Technical Trading Systems, section III; over the close",
    inputs=RANGE,
)
def true_range_fraction(candles: Candles) -> Floats:
    """True range of the candle as a fraction of the close."""
    return candles.shared(true_range) / candles["close"]


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.RATIO,
    source="Crabel (1990), Day Trading with Short Term Price Patterns, ch. 8 (range expansion)",
    inputs=RANGE,
    defaults={"period": 24},
    least={"period": 2},
)
def range_expansion(candles: Candles, *, period: int) -> Floats:
    """True range of the candle over the mean true range of the window."""
    return candles.shared(true_range) / rolling_mean(candles.shared(true_range), period)


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.FRACTION,
    source="Tsay (2010), Analysis of Financial Time Series, 3rd ed., section 3.15 (close to close)",
    defaults={"period": 96},
    least={"period": 2},
)
def close_volatility(candles: Candles, *, period: int) -> Floats:
    """Sample deviation of the log returns, per candle."""
    return candles.shared(close_volatility_of, period)


@feature(
    lookback_candles=lambda period: ema_lookback_candles(period) + 1,
    unit=Unit.FRACTION,
    source="J.P. Morgan (1996), RiskMetrics Technical Document, section 5.2",
    tolerance=FORGOTTEN,
    defaults={"period": 36},
    least={"period": 2},
)
def ewma_volatility(candles: Candles, *, period: int) -> Floats:
    """Root of the exponentially weighted mean of squared log returns, per candle."""
    return np.sqrt(talib.EMA(candles.shared(_squares), period))


def _squares(candles: Candles) -> Floats:
    return np.square(candles.shared(log_returns))


@feature(
    lookback_candles=lambda period: period - 1,
    unit=Unit.FRACTION,
    source="Parkinson (1980), The Extreme Value Method for Estimating the Variance, eq. 6",
    inputs=("high", "low"),
    defaults={"period": 96},
)
def parkinson_volatility(candles: Candles, *, period: int) -> Floats:
    """Volatility per candle from high over low: five times as efficient as from closes."""
    squares = candles.shared(_squared_log_range)
    return np.sqrt(rolling_mean(squares, period) / (4 * math.log(2)))


def _squared_log_range(candles: Candles) -> Floats:
    return np.square(np.log(candles["high"] / candles["low"]))


def _squared_log_body(candles: Candles) -> Floats:
    return np.square(np.log(candles["close"] / candles["open"]))


@feature(
    lookback_candles=lambda period: period - 1,
    unit=Unit.FRACTION,
    source="Garman & Klass (1980), On the Estimation of Security Price Volatilities, eq. 20",
    inputs=OHLC,
    defaults={"period": 96},
)
def garman_klass_volatility(candles: Candles, *, period: int) -> Floats:
    """Volatility per candle from open, high, low and close; assumes no drift."""
    spread = 0.5 * candles.shared(_squared_log_range)
    body = (2 * math.log(2) - 1) * candles.shared(_squared_log_body)
    return np.sqrt(np.maximum(rolling_mean(spread - body, period), 0.0))


@feature(
    lookback_candles=lambda period: period - 1,
    unit=Unit.FRACTION,
    source="Rogers & Satchell (1991), Estimating Variance from High, Low and Closing Prices, eq. 3",
    inputs=OHLC,
    defaults={"period": 96},
)
def rogers_satchell_volatility(candles: Candles, *, period: int) -> Floats:
    """Volatility per candle that a drift does not bias."""
    return np.sqrt(np.maximum(rolling_mean(candles.shared(_rogers_satchell), period), 0.0))


def _rogers_satchell(candles: Candles) -> Floats:
    opened, close = candles["open"], candles["close"]
    high, low = np.log(candles["high"] / opened), np.log(candles["low"] / opened)
    body = np.log(close / opened)
    return high * (high - body) + low * (low - body)


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.FRACTION,
    source="Yang & Zhang (2000), Drift-Independent Volatility Estimation, eq. 7 and 8",
    inputs=OHLC,
    defaults={"period": 96},
    least={"period": 2},
)
def yang_zhang_volatility(candles: Candles, *, period: int) -> Floats:
    """Volatility per candle that neither drift nor opening jumps bias."""
    jumps = np.log(candles["open"] / lagged(candles["close"], 1))
    bodies = np.log(candles["close"] / candles["open"])
    weight = 0.34 / (1.34 + (period + 1) / (period - 1))
    variance = (
        rolling_std(jumps, period) ** 2
        + weight * rolling_std(bodies, period) ** 2
        + (1 - weight) * rolling_mean(candles.shared(_rogers_satchell), period)
    )
    return np.sqrt(np.maximum(variance, 0.0))


@feature(
    lookback_candles=lambda short, long: max(short, long),
    unit=Unit.RATIO,
    source="Corsi (2009), A Simple Approximate Long-Memory Model of Realized Volatility, section 2",
    defaults={"short": 24, "long": 288},
    least={"short": 2, "long": 2},
)
def volatility_ratio(candles: Candles, *, short: int, long: int) -> Floats:
    """Volatility of the short window over that of the long one."""
    quick = candles.shared(close_volatility_of, short)
    return quick / candles.shared(close_volatility_of, long)


@feature(
    lookback_candles=lambda period, window: period + window,
    unit=Unit.FRACTION,
    source="Natenberg (1994), Option Volatility and Pricing, ch. 14 (volatility percentile)",
    defaults={"period": 24, "window": 288},
    least={"period": 2},
)
def volatility_rank(candles: Candles, *, period: int, window: int) -> Floats:
    """Share of the window's earlier volatilities that lie below the present one."""
    return rolling_rank(candles.shared(close_volatility_of, period), window)


@feature(
    lookback_candles=lambda period, window: period + window - 1,
    unit=Unit.RATIO,
    source="Baltussen, van Bekkum & van der Grient (2018), Unknown Unknowns, eq. 1",
    defaults={"period": 24, "window": 288},
    least={"period": 2, "window": 2},
)
def volatility_of_volatility(candles: Candles, *, period: int, window: int) -> Floats:
    """Deviation of volatility over its mean."""
    values = candles.shared(close_volatility_of, period)
    return rolling_std(values, window) / rolling_mean(values, window)


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.FRACTION,
    source="Barndorff-Nielsen, Kinnebrock & Shephard (2010), Measuring downside risk, eq. 1",
    defaults={"period": 96},
)
def downside_volatility(candles: Candles, *, period: int) -> Floats:
    """Root of the mean squared negative log return."""
    squares = np.square(np.minimum(candles.shared(log_returns), 0.0))
    return np.sqrt(np.maximum(rolling_mean(squares, period), 0.0))


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.SIGNED,
    source="Patton & Sheppard (2015), Good Volatility, Bad Volatility, eq. 7 (signed jumps)",
    defaults={"period": 96},
)
def volatility_asymmetry(candles: Candles, *, period: int) -> Floats:
    """Upside less downside semivariance, over their sum."""
    moves, squares = candles.shared(log_returns), candles.shared(_squares)
    signed = rolling_mean(np.copysign(squares, moves), period)
    return np.clip(signed / rolling_mean(squares, period), -1.0, 1.0)


@feature(
    lookback_candles=lambda period: period + 1,
    unit=Unit.FRACTION,
    source="Barndorff-Nielsen & Shephard (2004), Power and Bipower Variation, eq. 5",
    defaults={"period": 96},
)
def jump_fraction(candles: Candles, *, period: int) -> Floats:
    """Part of the realised variance that bipower variation does not explain: jumps; 0 to 1."""
    moves = np.abs(candles.shared(log_returns))
    smooth = rolling_mean(moves * lagged(moves, 1), period) * (math.pi / 2)
    return np.clip(1 - smooth / rolling_mean(candles.shared(_squares), period), 0.0, 1.0)


@feature(
    lookback_candles=lambda period: 2 * period - 2,
    unit=Unit.FRACTION,
    source="Martin & McCann (1989), The Investor's Guide to Fidelity Funds (ulcer index)",
    defaults={"period": 96},
    least={"period": 2},
)
def ulcer_index(candles: Candles, *, period: int) -> Floats:
    """Root of the mean squared drawdown from the highest close of the window."""
    falls = candles["close"] / candles.shared(highest, "close", period) - 1
    return np.sqrt(np.maximum(rolling_mean(falls * falls, period), 0.0))


@feature(
    lookback_candles=lambda period, over: period + over,
    unit=Unit.FRACTION,
    source="Chaikin volatility, on deviations: Colby (2003), Encyclopedia of Technical Indicators",
    defaults={"period": 24, "over": 24},
    least={"period": 2},
)
def volatility_change(candles: Candles, *, period: int, over: int) -> Floats:
    """Logarithmic change of volatility over the last ``over`` candles."""
    return difference(np.log(candles.shared(close_volatility_of, period)), over)


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.FRACTION,
    source="Corwin & Schultz (2012), Estimating Bid-Ask Spreads from High and Low, eq. 14 and 18",
    inputs=("high", "low"),
    defaults={"period": 96},
)
def high_low_spread(candles: Candles, *, period: int) -> Floats:
    """Mean bid-ask spread that ranges of one and of two candles imply; negative ones count 0."""
    one = candles.shared(_squared_log_range)
    beta = one + lagged(one, 1)
    high = np.maximum(candles["high"], lagged(candles["high"], 1))
    low = np.minimum(candles["low"], lagged(candles["low"], 1))
    gamma = np.square(np.log(high / low))
    root = 3 - 2 * math.sqrt(2)
    alpha = (math.sqrt(2) - 1) * np.sqrt(beta) / root - np.sqrt(gamma / root)
    spread = np.maximum(2 * np.expm1(alpha) / (1 + np.exp(alpha)), 0.0)
    return rolling_mean(spread, period)
