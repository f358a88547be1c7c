"""Open interest: how positions build up and unwind beside the price.

``open_interest`` is in coins, as-of joined by `plimsoll.features.merging`; where it is missing or
stale every feature here is NaN until its window is whole again. In coins it does not move with the
price; ``open_interest_notional`` tells it in USD.
"""

# Ufuncs and TA-Lib are typed as Any.
# mypy: disable-error-code="no-any-return"

import numpy as np

from plimsoll.features.arrays import difference, lagged, share_of_window, zscore
from plimsoll.features.candles import Candles, Floats
from plimsoll.features.intermediates import (
    close_volatility_of,
    ema_of,
    highest,
    log_close,
    log_returns,
    mean_of,
)
from plimsoll.features.kernels import rolling_fit, rolling_line, rolling_rank, rolling_std
from plimsoll.features.registry import Unit, feature
from plimsoll.features.warmup import ema_lookback_candles

ALONE = ("open_interest",)
PRICED = ("open_interest", "close")
TRADED = ("open_interest", "volume")
BESSEMBINDER = "Bessembinder & Seguin (1993), Price Volatility, Trading Volume and Market Depth"
HONG = "Hong & Yogo (2012), What does futures market interest tell us, section 2"
MURPHY = "Murphy (1999), Technical Analysis of the Financial Markets, ch. 7 (open interest)"
BRUNNERMEIER = (
    "Brunnermeier & Pedersen (2009), Market Liquidity and Funding Liquidity (liquidations)"
)


def log_interest(candles: Candles) -> Floats:
    """Natural logarithm of open interest."""
    return np.log(candles["open_interest"])


def interest_moves(candles: Candles) -> Floats:
    """Change of `log_interest` from the candle before."""
    return np.diff(candles.shared(log_interest), prepend=np.nan)


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.FRACTION,
    source=HONG,
    inputs=ALONE,
    defaults={"period": 12},
)
def open_interest_change(candles: Candles, *, period: int) -> Floats:
    """Logarithmic change of open interest over ``period`` candles (delta)."""
    return difference(candles.shared(log_interest), period)


@feature(
    lookback_candles=lambda period: period - 1,
    unit=Unit.FRACTION,
    source=f"{HONG}; slope of a fitted line",
    inputs=ALONE,
    defaults={"period": 24},
    least={"period": 2},
)
def open_interest_velocity(candles: Candles, *, period: int) -> Floats:
    """Growth of open interest per candle: slope of the line through its logarithms."""
    return candles.shared(_velocity, period)


def _velocity(candles: Candles, period: int) -> Floats:
    return rolling_line(candles.shared(log_interest), period)[0]


@feature(
    lookback_candles=lambda period: 2 * period - 1,
    unit=Unit.FRACTION,
    source=f"{HONG}; change of the slope",
    inputs=ALONE,
    defaults={"period": 24},
    least={"period": 2},
)
def open_interest_acceleration(candles: Candles, *, period: int) -> Floats:
    """Velocity less the velocity of ``period`` candles ago."""
    return difference(candles.shared(_velocity, period), period)


@feature(
    lookback_candles=lambda window: window - 1,
    unit=Unit.DEVIATIONS,
    source=f"{BESSEMBINDER}, section II (unexpected part)",
    inputs=ALONE,
    defaults={"window": 288},
    least={"window": 2},
)
def open_interest_zscore(candles: Candles, *, window: int) -> Floats:
    """Logarithm of open interest less its mean, in standard deviations."""
    return zscore(candles.shared(log_interest), window)


@feature(
    lookback_candles=lambda window: window,
    unit=Unit.FRACTION,
    source=f"{BESSEMBINDER}, section II; as a percentile",
    inputs=ALONE,
    defaults={"window": 288},
)
def open_interest_rank(candles: Candles, *, window: int) -> Floats:
    """Share of the window's earlier values that lie below the present one."""
    return rolling_rank(candles["open_interest"], window)


@feature(
    lookback_candles=lambda fast, slow: ema_lookback_candles(max(fast, slow)),
    unit=Unit.FRACTION,
    source=f"{MURPHY}; gap of two EMAs",
    tolerance=0.005,
    inputs=ALONE,
    defaults={"fast": 12, "slow": 72},
    least={"fast": 2, "slow": 2},
)
def open_interest_trend(candles: Candles, *, fast: int, slow: int) -> Floats:
    """Fast EMA of open interest over the slow one, minus one."""
    quick = candles.shared(ema_of, "open_interest", fast)
    return quick / candles.shared(ema_of, "open_interest", slow) - 1


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.FRACTION,
    source=f"{BESSEMBINDER}, section II (variability)",
    inputs=ALONE,
    defaults={"period": 96},
    least={"period": 2},
)
def open_interest_volatility(candles: Candles, *, period: int) -> Floats:
    """Sample deviation of the logarithmic changes of open interest, per candle."""
    return rolling_std(candles.shared(interest_moves), period)


@feature(
    lookback_candles=lambda period: period - 1,
    unit=Unit.FRACTION,
    source=f"{BRUNNERMEIER}; as a drawdown",
    inputs=ALONE,
    defaults={"period": 96},
    least={"period": 2},
)
def open_interest_drawdown(candles: Candles, *, period: int) -> Floats:
    """Open interest against its highest of the window: 0 or less."""
    return candles["open_interest"] / candles.shared(highest, "open_interest", period) - 1


@feature(
    lookback_candles=lambda period: period - 1,
    unit=Unit.RATIO,
    source="Garcia, Leuthold & Zapata (1986), Lead-lag relationships between volume and interest",
    inputs=TRADED,
    defaults={"period": 96},
)
def open_interest_to_volume(candles: Candles, *, period: int) -> Floats:
    """Open interest over the volume of the window: how many windows it takes to turn it over."""
    return candles["open_interest"] / (candles.shared(mean_of, "volume", period) * period)


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.RATIO,
    source="Lucia & Pardo (2010), On measuring speculative and hedging activities, eq. 3",
    inputs=TRADED,
    defaults={"period": 24},
)
def open_interest_per_volume(candles: Candles, *, period: int) -> Floats:
    """Change of open interest over the window's volume: 1 when every trade opens a position."""
    moved = candles.shared(mean_of, "volume", period) * period
    return difference(candles["open_interest"], period) / moved


@feature(
    lookback_candles=lambda period, window: max(period, window),
    unit=Unit.DEVIATIONS,
    source=f"{MURPHY}; both standardised as in Moskowitz et al. (2012), eq. 5",
    inputs=PRICED,
    defaults={"period": 24, "window": 288},
    least={"window": 2},
)
def open_interest_divergence(candles: Candles, *, period: int, window: int) -> Floats:
    """Standardised move of price less that of open interest: a rally nobody joins is above 0.

    Moves over ``period`` candles in deviations of one-candle moves of ``window``.
    """
    price = difference(candles.shared(log_close), period)
    interest = difference(candles.shared(log_interest), period)
    spread = rolling_std(candles.shared(interest_moves), window)
    both = price / candles.shared(close_volatility_of, window) - interest / spread
    return both / np.sqrt(period)


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.SIGNED,
    source=f"{BESSEMBINDER}, section III",
    inputs=PRICED,
    defaults={"period": 96},
    least={"period": 2},
)
def open_interest_price_correlation(candles: Candles, *, period: int) -> Floats:
    """Correlation of the changes of open interest with log returns."""
    return candles.shared(_interest_on_price, period)[1].copy()


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.RATIO,
    source=f"{BESSEMBINDER}, section III",
    inputs=PRICED,
    defaults={"period": 96},
    least={"period": 2},
)
def open_interest_price_beta(candles: Candles, *, period: int) -> Floats:
    """Slope of the changes of open interest on log returns."""
    return candles.shared(_interest_on_price, period)[0].copy()


def _interest_on_price(candles: Candles, period: int) -> tuple[Floats, Floats]:
    return rolling_fit(candles.shared(interest_moves), candles.shared(log_returns), period)


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.FRACTION,
    source=f"{MURPHY}; returns weighted by the size of the change",
    inputs=PRICED,
    defaults={"period": 48},
)
def open_interest_weighted_return(candles: Candles, *, period: int) -> Floats:
    """Mean log return of the window weighted by how much open interest changed in each candle."""
    weights = np.abs(candles.shared(interest_moves))
    return share_of_window(weights * candles.shared(log_returns), weights, period)


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.SIGNED,
    source=f"{MURPHY}; growth on rising less growth on falling candles",
    inputs=PRICED,
    defaults={"period": 48},
)
def open_interest_buildup(candles: Candles, *, period: int) -> Floats:
    """Side on which positions were opened: 1 all while the price rose, −1 all while it fell."""
    opened = np.maximum(candles.shared(interest_moves), 0.0)
    signed = opened * np.sign(candles.shared(log_returns))
    return share_of_window(signed, opened, period)


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.SIGNED,
    source=f"{MURPHY}; decline on rising less decline on falling candles",
    inputs=PRICED,
    defaults={"period": 48},
)
def open_interest_unwind(candles: Candles, *, period: int) -> Floats:
    """Side on which positions were closed: 1 all while the price rose, −1 all while it fell."""
    closed = np.maximum(-candles.shared(interest_moves), 0.0)
    signed = closed * np.sign(candles.shared(log_returns))
    return share_of_window(signed, closed, period)


@feature(
    lookback_candles=lambda period, window: period + window,
    unit=Unit.DEVIATIONS,
    source=f"{BRUNNERMEIER}; falls in earlier deviations",
    inputs=ALONE,
    defaults={"period": 3, "window": 288},
    least={"window": 2},
)
def open_interest_flush(candles: Candles, *, period: int, window: int) -> Floats:
    """Fall of open interest over ``period`` candles in deviations of the window before; 0 or more.

    A flush of forced closes stands out at 4 and more.
    """
    fall = np.maximum(-difference(candles.shared(log_interest), period), 0.0)
    usual = lagged(rolling_std(candles.shared(interest_moves), window), period)
    return fall / (usual * np.sqrt(period))


@feature(
    lookback_candles=lambda period, window: period + window,
    unit=Unit.DEVIATIONS,
    source=f"{BRUNNERMEIER}; falls in earlier deviations, with the price's sign",
    inputs=PRICED,
    defaults={"period": 3, "window": 288},
    least={"window": 2},
)
def open_interest_flush_side(candles: Candles, *, period: int, window: int) -> Floats:
    """`open_interest_flush` with the sign of the return: below 0 longs were forced out."""
    fall = np.maximum(-difference(candles.shared(log_interest), period), 0.0)
    usual = lagged(rolling_std(candles.shared(interest_moves), window), period)
    signed = fall * np.sign(difference(candles.shared(log_close), period))
    return signed / (usual * np.sqrt(period))


@feature(
    lookback_candles=lambda: 0,
    unit=Unit.USD,
    source=f"{HONG} (dollar open interest)",
    inputs=PRICED,
)
def open_interest_notional(candles: Candles) -> Floats:
    """Open interest times the close."""
    return candles["open_interest"] * candles["close"]
