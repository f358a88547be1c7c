"""Regime: does the market trend, range or storm?"""

# Ufuncs and TA-Lib are typed as Any.
# mypy: disable-error-code="no-any-return"

import numpy as np

from plimsoll.features.arrays import difference, lagged
from plimsoll.features.candles import Candles, Floats
from plimsoll.features.intermediates import (
    close_volatility_of,
    highest,
    log_close,
    log_returns,
    lowest,
    true_range,
)
from plimsoll.features.kernels import (
    rolling_fit,
    rolling_mean,
    rolling_pattern_entropy,
    rolling_rank,
    rolling_std,
)
from plimsoll.features.registry import Unit, feature

KAUFMAN = "Kaufman (1995), Smarter Trading, ch. 6 (efficiency ratio)"
LO = "Lo & MacKinlay (1988), Stock Market Prices Do Not Follow Random Walks, eq. 4"


def _efficiency(candles: Candles, period: int) -> Floats:
    net = np.abs(difference(candles["close"], period))
    path = rolling_mean(np.abs(difference(candles["close"], 1)), period) * period
    moved = path > 0
    ratio = np.minimum(np.divide(net, path, out=np.zeros_like(net), where=moved), 1.0)
    ratio[np.isnan(path)] = np.nan
    return ratio


def _volatility_rank(candles: Candles, period: int, window: int) -> Floats:
    return rolling_rank(candles.shared(close_volatility_of, period), window)


@feature(
    lookback_candles=lambda period: int(period),
    unit=Unit.FRACTION,
    source=KAUFMAN,
    defaults={"period": 20},
    least={"period": 2},
)
def efficiency_ratio(candles: Candles, *, period: int) -> Floats:
    """Net move over the sum of moves: near 1 in a straight trend, near 0 in a range.

    A market that did not move at all counts as a range (0).
    """
    return candles.shared(_efficiency, period)


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.INDEX_0_100,
    source="Dreiss, choppiness index: Chande (1997), Beyond Technical Analysis, ch. 3",
    inputs=("high", "low", "close"),
    defaults={"period": 14},
    least={"period": 2},
)
def choppiness(candles: Candles, *, period: int) -> Floats:
    """Sum of true ranges over the window's range, as a logarithm: 100 in a range, 0 in a trend."""
    path = rolling_mean(candles.shared(true_range), period) * period
    before = lagged(candles["close"], 1)
    top = np.maximum(candles.shared(highest, "high", period), lagged(before, period - 1))
    bottom = np.minimum(candles.shared(lowest, "low", period), lagged(before, period - 1))
    return 100 * np.log(path / (top - bottom)) / np.log(period)


@feature(
    lookback_candles=lambda period, horizon: period + horizon - 1,
    unit=Unit.RATIO,
    source=LO,
    defaults={"period": 288, "horizon": 8},
    least={"period": 2, "horizon": 2},
)
def variance_ratio(candles: Candles, *, period: int, horizon: int) -> Floats:
    """Variance of ``horizon``-candle returns over that of one-candle ones: above 1 trends."""
    return candles.shared(_variance_ratio, period, horizon)


def _variance_ratio(candles: Candles, period: int, horizon: int) -> Floats:
    far = rolling_std(difference(candles.shared(log_close), horizon), period)
    return np.square(far / candles.shared(close_volatility_of, period)) / horizon


@feature(
    lookback_candles=lambda period, horizon: period + horizon - 1,
    unit=Unit.RATIO,
    source="Di Matteo (2007), Multi-scaling in finance, eq. 1 (generalised exponent, q = 2)",
    defaults={"period": 288, "horizon": 8},
    least={"period": 2, "horizon": 2},
)
def hurst_exponent(candles: Candles, *, period: int, horizon: int) -> Floats:
    """Growth of the deviation of returns with their horizon: 0.5 random, above it trending."""
    ratio = candles.shared(_variance_ratio, period, horizon)
    return 0.5 + 0.5 * np.log(ratio) / np.log(horizon)


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.RATIO,
    source="Chan (2013), Algorithmic Trading, ch. 2 (Ornstein-Uhlenbeck rate)",
    defaults={"period": 288},
    least={"period": 2},
)
def reversion_rate(candles: Candles, *, period: int) -> Floats:
    """Part of the distance from the mean that is undone per candle: 0 or below without reversion.

    Minus the slope of log returns on the logarithm of the close before; a half-life is ln 2 over
    it.
    """
    before = lagged(candles.shared(log_close), 1)
    return -rolling_fit(candles.shared(log_returns), before, period)[0]


@feature(
    lookback_candles=lambda period: period + 1,
    unit=Unit.FRACTION,
    source="Bandt & Pompe (2002), Permutation Entropy, eq. 1 and 2; order 3, over its maximum",
    defaults={"period": 96},
    least={"period": 2},
)
def pattern_entropy(candles: Candles, *, period: int) -> Floats:
    """Disorder of the order of three neighbouring closes: 1 random, lower in trends."""
    return rolling_pattern_entropy(candles["close"], period)


@feature(
    lookback_candles=lambda window: window,
    unit=Unit.RATIO,
    source="Kritzman & Li (2010), Skulls, Financial Turbulence, and Risk Management, eq. 1",
    defaults={"window": 288},
    least={"window": 2},
)
def turbulence(candles: Candles, *, window: int) -> Floats:
    """Squared distance of the return from its mean in variances of the window."""
    moves = candles.shared(log_returns)
    away = moves - rolling_mean(moves, window)
    return np.square(away / candles.shared(close_volatility_of, window))


@feature(
    lookback_candles=lambda period, window: period + window,
    unit=Unit.FLAG,
    source="Ang & Timmermann (2012), Regime Changes and Financial Markets (volatile state)",
    defaults={"period": 48, "window": 288},
    least={"period": 2},
)
def is_volatile(candles: Candles, *, period: int, window: int) -> Floats:
    """1 when volatility is above 80 % of its earlier values of the window, else 0."""
    rank = candles.shared(_volatility_rank, period, window)
    return np.where(np.isnan(rank), np.nan, rank > 0.8)


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.FLAG,
    source=f"{KAUFMAN}; above 0.3",
    defaults={"period": 48},
    least={"period": 2},
)
def is_trending(candles: Candles, *, period: int) -> Floats:
    """1 when the efficiency ratio is above 0.3, else 0."""
    ratio = candles.shared(_efficiency, period)
    return np.where(np.isnan(ratio), np.nan, ratio > 0.3)


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.FLAG,
    source=f"{KAUFMAN}; below 0.15",
    defaults={"period": 48},
    least={"period": 2},
)
def is_ranging(candles: Candles, *, period: int) -> Floats:
    """1 when the efficiency ratio is below 0.15, else 0."""
    ratio = candles.shared(_efficiency, period)
    return np.where(np.isnan(ratio), np.nan, ratio < 0.15)


@feature(
    lookback_candles=lambda period: 4 * period,
    unit=Unit.SIGNED,
    source=f"{KAUFMAN}; signed, over three horizons as in Baz et al. (2015), section 3",
    defaults={"period": 24},
)
def trend_regime(candles: Candles, *, period: int) -> Floats:
    """Mean of efficiency ratios with the sign of the move, over 1, 2 and 4 times ``period``."""
    logs = candles.shared(log_close)
    parts = [
        candles.shared(_efficiency, period * times) * np.sign(difference(logs, period * times))
        for times in (1, 2, 4)
    ]
    return (parts[0] + parts[1] + parts[2]) / 3
