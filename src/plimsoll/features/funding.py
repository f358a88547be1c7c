"""Funding: what longs pay shorts on a perpetual, and how unusual that is.

``funding_rate`` is the last settled rate and ``funding_paid`` what was settled within the candle,
both fractions of the position, joined by `plimsoll.features.merging.join_funding`. The rate stands
for hours, so windows are counted in candles and should span several settlements.
"""

# Ufuncs and TA-Lib are typed as Any.
# mypy: disable-error-code="no-any-return"

import numpy as np

from plimsoll.features.arrays import difference, zscore
from plimsoll.features.candles import Candles, Floats
from plimsoll.features.intermediates import close_volatility_of, ema_of, log_close, mean_of
from plimsoll.features.kernels import rolling_fit, rolling_mean, rolling_rank
from plimsoll.features.registry import Unit, feature
from plimsoll.features.warmup import ema_lookback_candles

RATE = ("funding_rate",)
PAID = ("funding_paid",)
HE = "He, Manela, Ross & von Wachter (2022), Fundamentals of Perpetual Futures, section 2"
SCHMELING = "Schmeling, Schrimpf & Todorov (2023), Crypto Carry, BIS Working Paper 1087, section 2"
KOIJEN = "Koijen, Moskowitz, Pedersen & Vrugt (2018), Carry, section 2"


@feature(lookback_candles=lambda: 0, unit=Unit.FRACTION, source=HE, inputs=RATE)
def funding_level(candles: Candles) -> Floats:
    """Last settled rate: above 0 longs pay."""
    return candles["funding_rate"]


@feature(
    lookback_candles=lambda settlements: 0,
    unit=Unit.FRACTION,
    source=f"{SCHMELING}; simple, not compounded",
    inputs=RATE,
    defaults={"settlements": 3},
    numbers={"settlements": (1, 24)},
)
def funding_annualised(candles: Candles, *, settlements: float) -> Floats:
    """Last settled rate times ``settlements`` a day times 365."""
    return candles["funding_rate"] * (settlements * 365)


@feature(
    lookback_candles=lambda period: period - 1,
    unit=Unit.FRACTION,
    source=SCHMELING,
    inputs=RATE,
    defaults={"period": 288},
)
def funding_mean(candles: Candles, *, period: int) -> Floats:
    """Mean of the rate in force over the window's candles."""
    return candles.shared(mean_of, "funding_rate", period)


@feature(
    lookback_candles=lambda fast, slow: ema_lookback_candles(max(fast, slow)),
    unit=Unit.FRACTION,
    source=f"{KOIJEN} (carry against its average); difference of EMAs",
    tolerance=0.005,
    inputs=RATE,
    defaults={"fast": 96, "slow": 288},
    least={"fast": 2, "slow": 2},
)
def funding_trend(candles: Candles, *, fast: int, slow: int) -> Floats:
    """Fast EMA of the rate less the slow one."""
    quick = candles.shared(ema_of, "funding_rate", fast)
    return quick - candles.shared(ema_of, "funding_rate", slow)


@feature(
    lookback_candles=lambda window: window - 1,
    unit=Unit.DEVIATIONS,
    source=f"{SCHMELING}; standardised over a window",
    inputs=RATE,
    defaults={"window": 864},
    least={"window": 2},
)
def funding_zscore(candles: Candles, *, window: int) -> Floats:
    """Rate less the window's mean, in standard deviations; NaN while the rate is constant."""
    return zscore(candles["funding_rate"], window)


@feature(
    lookback_candles=lambda window: window,
    unit=Unit.FRACTION,
    source=f"{SCHMELING}; as a percentile",
    inputs=RATE,
    defaults={"window": 864},
)
def funding_rank(candles: Candles, *, window: int) -> Floats:
    """Share of the window's earlier rates below the present one; ties count half."""
    return rolling_rank(candles["funding_rate"], window)


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.FRACTION,
    source=f"{HE}; first difference",
    inputs=RATE,
    defaults={"period": 96},
)
def funding_change(candles: Candles, *, period: int) -> Floats:
    """Change of the rate over ``period`` candles (derivative)."""
    return difference(candles["funding_rate"], period)


@feature(
    lookback_candles=lambda period: 2 * period,
    unit=Unit.FRACTION,
    source=f"{HE}; second difference",
    inputs=RATE,
    defaults={"period": 96},
)
def funding_acceleration(candles: Candles, *, period: int) -> Floats:
    """Change of the rate less the change over the ``period`` candles before."""
    return difference(difference(candles["funding_rate"], period), period)


@feature(
    lookback_candles=lambda period: period - 1,
    unit=Unit.FRACTION,
    source=f"{KOIJEN} (carry earned)",
    inputs=PAID,
    defaults={"period": 288},
)
def funding_cumulated(candles: Candles, *, period: int) -> Floats:
    """Sum of what longs paid within the window."""
    return candles.shared(_cumulated, period)


def _cumulated(candles: Candles, period: int) -> Floats:
    return rolling_mean(candles["funding_paid"], period) * period


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.RATIO,
    source=f"{KOIJEN} (carry over volatility)",
    inputs=("funding_paid", "close"),
    defaults={"period": 288},
    least={"period": 2},
)
def funding_to_volatility(candles: Candles, *, period: int) -> Floats:
    """Sum of what longs paid within the window over its expected price deviation."""
    spread = candles.shared(close_volatility_of, period) * np.sqrt(period)
    return candles.shared(_cumulated, period) / spread


@feature(
    lookback_candles=lambda period: period - 1,
    unit=Unit.FRACTION,
    source=f"{HE}; share of the time above 0",
    inputs=RATE,
    defaults={"period": 288},
)
def funding_positive_fraction(candles: Candles, *, period: int) -> Floats:
    """Share of the window's candles over which the rate in force was above 0."""
    return rolling_mean((candles["funding_rate"] > 0).astype("float64"), period)


@feature(
    lookback_candles=lambda period: period - 1,
    unit=Unit.SIGNED,
    source=f"{SCHMELING} (carry and past price moves)",
    inputs=("funding_rate", "close"),
    defaults={"period": 288},
    least={"period": 2},
)
def funding_price_correlation(candles: Candles, *, period: int) -> Floats:
    """Correlation of the rate with the logarithm of the close."""
    return rolling_fit(candles["funding_rate"], candles.shared(log_close), period)[1]
