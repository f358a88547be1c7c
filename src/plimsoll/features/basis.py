"""Basis and premium: the perpetual's price against mark, index and spot.

``mark_close``, ``index_close`` and ``spot_close`` are prices, ``premium`` is the exchange's premium
index (a fraction); `plimsoll.features.merging.bars` joins them.
"""

# Ufuncs and TA-Lib are typed as Any.
# mypy: disable-error-code="no-any-return"

import numpy as np

from plimsoll.features.arrays import difference, zscore
from plimsoll.features.candles import Candles, Floats
from plimsoll.features.intermediates import ema_of, mean_of
from plimsoll.features.kernels import rolling_mean
from plimsoll.features.registry import Unit, feature
from plimsoll.features.warmup import ema_lookback_candles

HE = "He, Manela, Ross & von Wachter (2022), Fundamentals of Perpetual Futures, section 2"
ALEXANDER = "Alexander, Choi, Park & Sohn (2020), BitMEX bitcoin derivatives, section 3 (basis)"
HEDGING = "Working (1949), The Theory of Price of Storage, American Economic Review 39(6)"
BINANCE = "Binance Futures documentation: premium index = impact prices against the price index"


@feature(
    lookback_candles=lambda: 0,
    unit=Unit.FRACTION,
    source=BINANCE,
    inputs=("close", "mark_close"),
)
def mark_gap(candles: Candles) -> Floats:
    """Last price against the mark price."""
    return candles["close"] / candles["mark_close"] - 1


@feature(
    lookback_candles=lambda window: window - 1,
    unit=Unit.DEVIATIONS,
    source=f"{BINANCE}; standardised",
    inputs=("close", "mark_close"),
    defaults={"window": 288},
    least={"window": 2},
)
def mark_gap_zscore(candles: Candles, *, window: int) -> Floats:
    """Gap of last and mark price less its mean, in standard deviations: dislocations."""
    return zscore(candles["close"] / candles["mark_close"], window)


@feature(
    lookback_candles=lambda: 0,
    unit=Unit.FRACTION,
    source=ALEXANDER,
    inputs=("close", "index_close"),
)
def index_basis(candles: Candles) -> Floats:
    """Last price against the index of spot prices."""
    return candles["close"] / candles["index_close"] - 1


@feature(
    lookback_candles=lambda: 0,
    unit=Unit.FRACTION,
    source=BINANCE,
    inputs=("mark_close", "index_close"),
)
def mark_index_basis(candles: Candles) -> Floats:
    """Mark price against the index of spot prices."""
    return candles["mark_close"] / candles["index_close"] - 1


def _spot_basis(candles: Candles) -> Floats:
    return candles["close"] / candles["spot_close"] - 1


SPOT = ("close", "spot_close")


@feature(lookback_candles=lambda: 0, unit=Unit.FRACTION, source=ALEXANDER, inputs=SPOT)
def spot_basis(candles: Candles) -> Floats:
    """Perpetual against the same exchange's spot price."""
    return candles.shared(_spot_basis)


@feature(
    lookback_candles=lambda period: period - 1,
    unit=Unit.FRACTION,
    source=ALEXANDER,
    inputs=SPOT,
    defaults={"period": 96},
)
def spot_basis_mean(candles: Candles, *, period: int) -> Floats:
    """Mean spot basis of the window."""
    return rolling_mean(candles.shared(_spot_basis), period)


@feature(
    lookback_candles=lambda window: window - 1,
    unit=Unit.DEVIATIONS,
    source=f"{ALEXANDER}; standardised",
    inputs=SPOT,
    defaults={"window": 288},
    least={"window": 2},
)
def spot_basis_zscore(candles: Candles, *, window: int) -> Floats:
    """Spot basis less its mean, in standard deviations."""
    return zscore(candles.shared(_spot_basis), window)


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.FRACTION,
    source=HEDGING,
    inputs=SPOT,
    defaults={"period": 24},
)
def spot_basis_change(candles: Candles, *, period: int) -> Floats:
    """Change of the spot basis over ``period`` candles: the perpetual's return beyond spot's."""
    return difference(candles.shared(_spot_basis), period)


PREMIUM = ("premium",)


@feature(lookback_candles=lambda: 0, unit=Unit.FRACTION, source=BINANCE, inputs=PREMIUM)
def premium_level(candles: Candles) -> Floats:
    """Premium index at the close."""
    return candles["premium"]


@feature(
    lookback_candles=lambda period: period - 1,
    unit=Unit.FRACTION,
    source=f"{BINANCE}; averaged, as the funding rate averages it",
    inputs=PREMIUM,
    defaults={"period": 96},
)
def premium_mean(candles: Candles, *, period: int) -> Floats:
    """Mean premium of the window."""
    return candles.shared(mean_of, "premium", period)


@feature(
    lookback_candles=lambda window: window - 1,
    unit=Unit.DEVIATIONS,
    source=f"{HE}; standardised",
    inputs=PREMIUM,
    defaults={"window": 288},
    least={"window": 2},
)
def premium_zscore(candles: Candles, *, window: int) -> Floats:
    """Premium less its mean, in standard deviations."""
    return zscore(candles["premium"], window)


@feature(
    lookback_candles=lambda fast, slow: ema_lookback_candles(max(fast, slow)),
    unit=Unit.FRACTION,
    source=f"{HE}; difference of EMAs",
    tolerance=0.005,
    inputs=PREMIUM,
    defaults={"fast": 12, "slow": 96},
    least={"fast": 2, "slow": 2},
)
def premium_trend(candles: Candles, *, fast: int, slow: int) -> Floats:
    """Fast EMA of the premium less the slow one."""
    return candles.shared(ema_of, "premium", fast) - candles.shared(ema_of, "premium", slow)


@feature(
    lookback_candles=lambda period: period - 1,
    unit=Unit.FRACTION,
    source="Binance Futures documentation: funding = mean premium + clamp(interest − premium)",
    inputs=("premium", "funding_rate"),
    defaults={"period": 96},
)
def expected_funding_change(candles: Candles, *, period: int) -> Floats:
    """Rate that the window's mean premium would settle at, less the last settled rate.

    ``period`` is the number of candles between settlements. Interest is 0.01 % for 8 hours and the
    clamp ±0.05 %; the contract's cap is not applied.
    """
    mean = candles.shared(mean_of, "premium", period)
    return mean + np.clip(0.0001 - mean, -0.0005, 0.0005) - candles["funding_rate"]
