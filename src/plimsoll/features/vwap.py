"""Volume-weighted average price and the distance of the price from it."""

# Ufuncs and TA-Lib are typed as Any.
# mypy: disable-error-code="no-any-return"

import numpy as np

from plimsoll.features.arrays import lagged, zscore
from plimsoll.features.candles import Candles, Floats
from plimsoll.features.intermediates import money, typical_price
from plimsoll.features.kernels import rolling_mean, session_vwap
from plimsoll.features.registry import Unit, feature

INPUTS = ("high", "low", "close", "volume")
BERKOWITZ = "Berkowitz, Logue & Noser (1988), The Total Cost of Transactions on the NYSE (VWAP)"
DAY_SECONDS = 86400.0


def _vwap(candles: Candles, period: int) -> Floats:
    amount = rolling_mean(candles["volume"], period)
    amount[amount <= 0] = np.nan
    return rolling_mean(candles.shared(money), period) / amount


@feature(
    lookback_candles=lambda period: period - 1,
    unit=Unit.PRICE,
    source=BERKOWITZ,
    inputs=INPUTS,
    defaults={"period": 96},
)
def vwap(candles: Candles, *, period: int) -> Floats:
    """Typical price weighted by volume over the window; NaN without volume."""
    return candles.shared(_vwap, period)


@feature(
    lookback_candles=lambda period: period - 1,
    unit=Unit.FRACTION,
    source=BERKOWITZ,
    inputs=INPUTS,
    defaults={"period": 96},
)
def vwap_distance(candles: Candles, *, period: int) -> Floats:
    """Close against the window's VWAP."""
    return candles["close"] / candles.shared(_vwap, period) - 1


@feature(
    lookback_candles=lambda period, window: period + window - 2,
    unit=Unit.DEVIATIONS,
    source=f"{BERKOWITZ}; standardised",
    inputs=INPUTS,
    defaults={"period": 96, "window": 96},
    least={"window": 2},
)
def vwap_zscore(candles: Candles, *, period: int, window: int) -> Floats:
    """Distance from the VWAP in deviations of its own recent values."""
    return zscore(candles["close"] / candles.shared(_vwap, period) - 1, window)


@feature(
    lookback_candles=lambda period, over: period - 1 + over,
    unit=Unit.FRACTION,
    source=f"{BERKOWITZ}; its rate of change",
    inputs=INPUTS,
    defaults={"period": 96, "over": 24},
)
def vwap_slope(candles: Candles, *, period: int, over: int) -> Floats:
    """Relative change of the VWAP over the last ``over`` candles."""
    values = candles.shared(_vwap, period)
    return values / lagged(values, over) - 1


def _daily(candles: Candles, longest: int) -> Floats:
    price, volume = candles.shared(typical_price), candles["volume"]
    return session_vwap(candles["date"], price, volume, DAY_SECONDS, longest)


@feature(
    lookback_candles=lambda longest: longest - 1,
    unit=Unit.PRICE,
    source=f"{BERKOWITZ}; anchored at midnight UTC",
    inputs=("date", *INPUTS),
    defaults={"longest": 288},
)
def daily_vwap(candles: Candles, *, longest: int) -> Floats:
    """VWAP since midnight UTC; ``longest`` is the number of candles in a day, more gives NaN."""
    return candles.shared(_daily, longest)


@feature(
    lookback_candles=lambda longest: longest - 1,
    unit=Unit.FRACTION,
    source=f"{BERKOWITZ}; anchored at midnight UTC",
    inputs=("date", *INPUTS),
    defaults={"longest": 288},
)
def daily_vwap_distance(candles: Candles, *, longest: int) -> Floats:
    """Close against the VWAP since midnight UTC."""
    return candles["close"] / candles.shared(_daily, longest) - 1
