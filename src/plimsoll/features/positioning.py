"""Positioning: how accounts, top traders and takers lean, from the exchange's metrics.

Ratios of long over short (or buy over sell); their logarithms are used, so that 2 to 1 and 1 to 2
lie equally far from balance.
"""

# Ufuncs and TA-Lib are typed as Any.
# mypy: disable-error-code="no-any-return"

import numpy as np

from plimsoll.features.arrays import difference, zscore
from plimsoll.features.candles import Candles, Floats
from plimsoll.features.kernels import rolling_mean
from plimsoll.features.registry import Unit, feature

CROWD = ("account_ratio",)
TOP = ("top_trader_position_ratio",)
TAKER = ("taker_volume_ratio",)
WANG = "Wang (2003), The behavior and performance of major types of futures traders, section II"
CHORDIA = "Chordia, Roll & Subrahmanyam (2002), Order imbalance, liquidity and returns, section 2"


def _crowd(candles: Candles) -> Floats:
    return np.log(candles["account_ratio"])


def _top(candles: Candles) -> Floats:
    return np.log(candles["top_trader_position_ratio"])


def _taker(candles: Candles) -> Floats:
    return np.log(candles["taker_volume_ratio"])


@feature(lookback_candles=lambda: 0, unit=Unit.RATIO, source=WANG, inputs=CROWD)
def long_short_lean(candles: Candles) -> Floats:
    """Logarithm of accounts long over accounts short: above 0 more are long."""
    return candles.shared(_crowd)


@feature(
    lookback_candles=lambda window: window - 1,
    unit=Unit.DEVIATIONS,
    source=f"{WANG} (sentiment index, standardised)",
    inputs=CROWD,
    defaults={"window": 288},
    least={"window": 2},
)
def long_short_zscore(candles: Candles, *, window: int) -> Floats:
    """Lean of accounts less its mean, in standard deviations."""
    return zscore(candles.shared(_crowd), window)


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.RATIO,
    source=f"{WANG}; first difference",
    inputs=CROWD,
    defaults={"period": 24},
)
def long_short_change(candles: Candles, *, period: int) -> Floats:
    """Change of the lean of accounts over ``period`` candles."""
    return difference(candles.shared(_crowd), period)


@feature(
    lookback_candles=lambda window: window - 1,
    unit=Unit.DEVIATIONS,
    source=f"{WANG} (large traders)",
    inputs=TOP,
    defaults={"window": 288},
    least={"window": 2},
)
def top_trader_zscore(candles: Candles, *, window: int) -> Floats:
    """Lean of top traders' positions less its mean, in standard deviations."""
    return zscore(candles.shared(_top), window)


@feature(
    lookback_candles=lambda: 0,
    unit=Unit.RATIO,
    source=f"{WANG} (large against small traders)",
    inputs=(*TOP, *CROWD),
)
def top_trader_divergence(candles: Candles) -> Floats:
    """Lean of top traders less that of all accounts."""
    return candles.shared(_top) - candles.shared(_crowd)


@feature(
    lookback_candles=lambda period: period - 1,
    unit=Unit.RATIO,
    source=CHORDIA,
    inputs=TAKER,
    defaults={"period": 24},
)
def taker_lean(candles: Candles, *, period: int) -> Floats:
    """Mean logarithm of taker buy over sell volume."""
    return rolling_mean(candles.shared(_taker), period)


@feature(
    lookback_candles=lambda window: window - 1,
    unit=Unit.DEVIATIONS,
    source=f"{CHORDIA}; standardised",
    inputs=TAKER,
    defaults={"window": 288},
    least={"window": 2},
)
def taker_lean_zscore(candles: Candles, *, window: int) -> Floats:
    """Logarithm of taker buy over sell volume less its mean, in standard deviations."""
    return zscore(candles.shared(_taker), window)
