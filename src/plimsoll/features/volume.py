"""Volume: how much is traded, on which side, and what it moves."""

# Ufuncs and TA-Lib are typed as Any.
# mypy: disable-error-code="no-any-return"

import numpy as np
import talib
from scipy.special import ndtr

from plimsoll.features.arrays import lagged, share_of_window, zscore
from plimsoll.features.candles import Candles, Floats
from plimsoll.features.intermediates import (
    close_volatility_of,
    log_returns,
    mean_of,
    money,
    typical_price,
)
from plimsoll.features.kernels import rolling_fit, rolling_mean, rolling_rank, rolling_std
from plimsoll.features.registry import Unit, feature
from plimsoll.features.returns import location
from plimsoll.features.warmup import FORGOTTEN, ema_lookback_candles

INPUTS = ("high", "low", "close", "volume")
CLOSES = ("close", "volume")


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.RATIO,
    source="Arms (1989), Volume Cycles in the Stock Market, ch. 3 (relative volume)",
    inputs=("volume",),
    defaults={"period": 96},
)
def volume_ratio(candles: Candles, *, period: int) -> Floats:
    """Volume of the candle over the mean of the ``period`` candles before it."""
    return candles["volume"] / lagged(candles.shared(mean_of, "volume", period), 1)


@feature(
    lookback_candles=lambda window: window - 1,
    unit=Unit.DEVIATIONS,
    source="Ajinkya & Jain (1989), The behavior of daily stock market trading volume, section 3",
    inputs=("volume",),
    defaults={"window": 288},
    least={"window": 2},
)
def volume_zscore(candles: Candles, *, window: int) -> Floats:
    """Logarithm of volume less its mean, in standard deviations; NaN with a zero in the window."""
    return zscore(np.log(candles["volume"]), window)


@feature(
    lookback_candles=lambda window: window,
    unit=Unit.FRACTION,
    source="Gervais, Kaniel & Mingelgrin (2001), The High-Volume Return Premium, section I",
    inputs=("volume",),
    defaults={"window": 288},
)
def volume_rank(candles: Candles, *, window: int) -> Floats:
    """Share of the earlier candles of the window with less volume."""
    return rolling_rank(candles["volume"], window)


@feature(
    lookback_candles=lambda fast, slow: ema_lookback_candles(max(fast, slow)),
    unit=Unit.RATIO,
    source="Achelis (2000), Technical Analysis from A to Z, Volume Oscillator; ratio of EMAs",
    tolerance=FORGOTTEN,
    inputs=("volume",),
    defaults={"fast": 12, "slow": 72},
    least={"fast": 2, "slow": 2},
)
def volume_trend(candles: Candles, *, fast: int, slow: int) -> Floats:
    """Fast EMA of volume over the slow one."""
    return talib.EMA(candles["volume"], fast) / talib.EMA(candles["volume"], slow)


@feature(
    lookback_candles=lambda period: period - 1,
    unit=Unit.RATIO,
    source="Chordia, Subrahmanyam & Anshuman (2001), Trading activity and returns, section 2",
    inputs=("volume",),
    defaults={"period": 96},
    least={"period": 2},
)
def volume_variability(candles: Candles, *, period: int) -> Floats:
    """Deviation of volume over its mean."""
    return rolling_std(candles["volume"], period) / candles.shared(mean_of, "volume", period)


@feature(
    lookback_candles=lambda period: period - 1,
    unit=Unit.USD,
    source="Brennan, Chordia & Subrahmanyam (1998), Alternative factor specifications, section 3",
    inputs=INPUTS,
    defaults={"period": 96},
)
def dollar_volume(candles: Candles, *, period: int) -> Floats:
    """Mean of typical price times volume, per candle."""
    return rolling_mean(candles.shared(money), period)


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.PER_USD,
    source="Amihud (2002), Illiquidity and stock returns, eq. 1; ratio of means, in millions",
    inputs=INPUTS,
    defaults={"period": 96},
)
def illiquidity(candles: Candles, *, period: int) -> Floats:
    """Mean absolute log return over the mean volume in million USD."""
    moves = np.abs(candles.shared(log_returns))
    return 1e6 * share_of_window(moves, candles.shared(money), period)


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.SIGNED,
    source="Granville (1963), New Key to Stock Market Profits (on-balance volume), over a window",
    inputs=CLOSES,
    defaults={"period": 48},
)
def on_balance_volume(candles: Candles, *, period: int) -> Floats:
    """Volume of rising less that of falling candles, over all volume of the window."""
    signed = np.sign(candles.shared(log_returns)) * candles["volume"]
    return share_of_window(signed, candles["volume"], period)


@feature(
    lookback_candles=lambda period: period - 1,
    unit=Unit.SIGNED,
    source="Chaikin money flow: Murphy (1999), Technical Analysis of the Financial Markets, ch. 7",
    inputs=INPUTS,
    defaults={"period": 20},
)
def chaikin_money_flow(candles: Candles, *, period: int) -> Floats:
    """Volume weighted by where candles close in their range; without a range it counts 0."""
    place = np.nan_to_num(candles.shared(location), nan=0.0, posinf=0.0, neginf=0.0)
    return share_of_window(place * candles["volume"], candles["volume"], period)


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.INDEX_0_100,
    source="Quong & Soudack (1989), Volume-Weighted RSI: Money Flow, Stocks & Commodities 7(3)",
    inputs=INPUTS,
    defaults={"period": 14},
)
def money_flow(candles: Candles, *, period: int) -> Floats:
    """Dollar volume of candles whose typical price rose, in per cent of all that rose or fell."""
    change = np.diff(candles.shared(typical_price), prepend=np.nan)
    turnover = candles.shared(money)
    moved = np.where(change == 0, 0.0, turnover)
    return 100 * share_of_window(np.where(change > 0, turnover, 0.0 * change), moved, period)


@feature(
    lookback_candles=lambda period: ema_lookback_candles(period) + 1,
    unit=Unit.FRACTION,
    source="Elder (1993), Trading for a Living, ch. 42 (force index); over the mean volume",
    tolerance=0.005,
    inputs=CLOSES,
    defaults={"period": 13},
    least={"period": 2},
)
def force_index(candles: Candles, *, period: int) -> Floats:
    """EMA of return times volume over the EMA of volume: the return weighted by volume."""
    weighted = candles.shared(log_returns) * candles["volume"]
    return talib.EMA(weighted, period) / talib.EMA(candles["volume"], period)


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.SIGNED,
    source="Karpoff (1987), The Relation between Price Changes and Trading Volume, section II",
    inputs=CLOSES,
    defaults={"period": 96},
    least={"period": 2},
)
def return_volume_correlation(candles: Candles, *, period: int) -> Floats:
    """Correlation of log returns with volume."""
    return rolling_fit(candles.shared(log_returns), candles["volume"], period)[1]


@feature(
    lookback_candles=lambda period, window: period + window - 1,
    unit=Unit.SIGNED,
    source="Easley, López de Prado & O'Hara (2012), Flow Toxicity and Liquidity, eq. 5 (bulk)",
    inputs=CLOSES,
    defaults={"period": 48, "window": 96},
)
def bulk_volume_imbalance(candles: Candles, *, period: int, window: int) -> Floats:
    """Buys less sells over all volume, with sides inferred from returns (bulk classification).

    ``window`` is that of the deviation that returns are measured in.
    """
    size = candles.shared(log_returns) / candles.shared(close_volatility_of, window)
    signed = (2 * ndtr(size) - 1) * candles["volume"]
    return share_of_window(signed, candles["volume"], period)


@feature(
    lookback_candles=lambda day, days: day * days,
    unit=Unit.RATIO,
    source="Admati & Pfleiderer (1988), A Theory of Intraday Patterns (volume by time of day)",
    inputs=("volume",),
    defaults={"day": 288, "days": 5},
)
def volume_for_the_hour(candles: Candles, *, day: int, days: int) -> Floats:
    """Volume over its mean at the same time of the ``days`` before, of ``day`` candles each."""
    volume = candles["volume"]
    usual = sum((lagged(volume, day * back) for back in range(1, days + 1)), np.zeros(len(volume)))
    return volume / (usual / days)


@feature(
    lookback_candles=lambda period: period - 1,
    unit=Unit.FRACTION,
    source="Lesmond, Ogden & Trzcinka (1999), A New Estimate of Transaction Costs (zeros)",
    inputs=("volume",),
    defaults={"period": 96},
)
def idle_fraction(candles: Candles, *, period: int) -> Floats:
    """Share of the window's candles without any trade."""
    return rolling_mean((candles["volume"] == 0).astype("float64"), period)
