"""Volume profile: at which prices of the window most was traded."""

# Ufuncs and TA-Lib are typed as Any.
# mypy: disable-error-code="no-any-return"

import talib

from plimsoll.features.candles import Candles, Floats
from plimsoll.features.intermediates import typical_price
from plimsoll.features.kernels import volume_profile
from plimsoll.features.registry import Unit, feature

BINS = 24
SOURCE = "Steidlmayer & Koy (1986), Markets and Market Logic, ch. 4 (profile, 70 % value area)"
INPUTS = ("high", "low", "close", "volume")


def _profile(candles: Candles, period: int) -> tuple[Floats, Floats, Floats, Floats]:
    price = candles.shared(typical_price)
    low, high = talib.MIN(price, period), talib.MAX(price, period)
    return volume_profile(price, candles["volume"], low, high, period, BINS)


@feature(
    lookback_candles=lambda period: period - 1,
    unit=Unit.FRACTION,
    source=SOURCE,
    inputs=INPUTS,
    defaults={"period": 96},
    least={"period": 2},
)
def point_of_control_distance(candles: Candles, *, period: int) -> Floats:
    """Close against the price at which most was traded, of 24 equal parts of the range."""
    return candles["close"] / candles.shared(_profile, period)[0] - 1


@feature(
    lookback_candles=lambda period: period - 1,
    unit=Unit.FRACTION,
    source=SOURCE,
    inputs=INPUTS,
    defaults={"period": 96},
    least={"period": 2},
)
def value_area_low_distance(candles: Candles, *, period: int) -> Floats:
    """Close against the lower edge of the prices that hold 70 % of the volume."""
    return candles["close"] / candles.shared(_profile, period)[1] - 1


@feature(
    lookback_candles=lambda period: period - 1,
    unit=Unit.FRACTION,
    source=SOURCE,
    inputs=INPUTS,
    defaults={"period": 96},
    least={"period": 2},
)
def value_area_high_distance(candles: Candles, *, period: int) -> Floats:
    """Close against the upper edge of the prices that hold 70 % of the volume."""
    return candles["close"] / candles.shared(_profile, period)[2] - 1


@feature(
    lookback_candles=lambda period: period - 1,
    unit=Unit.FRACTION,
    source=SOURCE,
    inputs=INPUTS,
    defaults={"period": 96},
    least={"period": 2},
)
def value_area_width(candles: Candles, *, period: int) -> Floats:
    """Height of the value area over the close."""
    _, low, high, _ = candles.shared(_profile, period)
    return (high - low) / candles["close"]


@feature(
    lookback_candles=lambda period: period - 1,
    unit=Unit.FRACTION,
    source=SOURCE,
    inputs=INPUTS,
    defaults={"period": 96},
    least={"period": 2},
)
def profile_concentration(candles: Candles, *, period: int) -> Floats:
    """Share of the volume in the fullest of 24 parts of the range."""
    return candles.shared(_profile, period)[3].copy()
