"""Cross-pair: the pair against a reference (usually BTC) and against all pairs.

``reference_close`` is the other pair's close, ``universe_*`` what all pairs did; both are joined by
`plimsoll.features.merging`. For the reference pair itself beta and correlation are 1 and relative
strength is 0: a feature that is NaN there (0 divided by 0) says so.
"""

# Ufuncs and TA-Lib are typed as Any.
# mypy: disable-error-code="no-any-return"

import numpy as np

from plimsoll.features.arrays import difference, lagged, zscore
from plimsoll.features.candles import Candles, Floats
from plimsoll.features.intermediates import close_volatility_of, log_close, log_returns, mean_of
from plimsoll.features.kernels import rolling_fit, rolling_mean, rolling_std
from plimsoll.features.registry import Unit, feature

PAIRS = ("close", "reference_close")
UNIVERSE = ("close", "universe_return")
MARKET_MODEL = "Sharpe (1964), Capital Asset Prices; market model of Fama (1976), ch. 3"
LEVY = "Levy (1967), Relative Strength as a Criterion for Investment Selection"
ZWEIG = "Zweig (1986), Winning on Wall Street, ch. 5 (breadth)"


def _log_reference(candles: Candles) -> Floats:
    return np.log(candles["reference_close"])


def _reference_returns(candles: Candles) -> Floats:
    return np.diff(candles.shared(_log_reference), prepend=np.nan)


def _log_ratio(candles: Candles) -> Floats:
    return candles.shared(log_close) - candles.shared(_log_reference)


def _fit(candles: Candles, period: int) -> tuple[Floats, Floats]:
    return rolling_fit(candles.shared(log_returns), candles.shared(_reference_returns), period)


def _universe_fit(candles: Candles, period: int) -> tuple[Floats, Floats]:
    return rolling_fit(candles.shared(log_returns), candles["universe_return"], period)


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.RATIO,
    source=MARKET_MODEL,
    inputs=PAIRS,
    defaults={"period": 288},
    least={"period": 2},
)
def beta(candles: Candles, *, period: int) -> Floats:
    """Slope of the pair's log returns on the reference's."""
    return candles.shared(_fit, period)[0].copy()


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.SIGNED,
    source=MARKET_MODEL,
    inputs=PAIRS,
    defaults={"period": 288},
    least={"period": 2},
)
def correlation(candles: Candles, *, period: int) -> Floats:
    """Correlation of the pair's log returns with the reference's."""
    return candles.shared(_fit, period)[1].copy()


@feature(
    lookback_candles=lambda short, long: max(short, long),
    unit=Unit.RATIO,
    source=f"{MARKET_MODEL}; difference of windows",
    inputs=PAIRS,
    defaults={"short": 48, "long": 288},
    least={"short": 2, "long": 2},
)
def correlation_change(candles: Candles, *, short: int, long: int) -> Floats:
    """Correlation over the short window less that over the long one: decoupling below 0."""
    return candles.shared(_fit, short)[1] - candles.shared(_fit, long)[1]


@feature(
    lookback_candles=lambda period, window: max(period, window),
    unit=Unit.FRACTION,
    source="Blitz, Huij & Martens (2011), Residual momentum, eq. 1",
    inputs=PAIRS,
    defaults={"period": 48, "window": 288},
    least={"window": 2},
)
def residual_return(candles: Candles, *, period: int, window: int) -> Floats:
    """Log return over ``period`` candles less beta of ``window`` times the reference's."""
    own = difference(candles.shared(log_close), period)
    return own - candles.shared(_fit, window)[0] * difference(
        candles.shared(_log_reference), period
    )


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.FRACTION,
    source=LEVY,
    inputs=PAIRS,
    defaults={"period": 288},
)
def relative_strength(candles: Candles, *, period: int) -> Floats:
    """Log return of the pair less that of the reference over ``period`` candles."""
    return difference(candles.shared(_log_ratio), period)


@feature(
    lookback_candles=lambda window: window - 1,
    unit=Unit.DEVIATIONS,
    source="Gatev, Goetzmann & Rouwenhorst (2006), Pairs Trading, section 2; standardised",
    inputs=PAIRS,
    defaults={"window": 288},
    least={"window": 2},
)
def relative_price_zscore(candles: Candles, *, window: int) -> Floats:
    """Logarithm of the ratio of both prices less its mean, in standard deviations."""
    return zscore(candles.shared(_log_ratio), window)


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.FRACTION,
    source="Moskowitz, Ooi & Pedersen (2012), Time series momentum; of the reference",
    inputs=("reference_close",),
    defaults={"period": 48},
)
def reference_return(candles: Candles, *, period: int) -> Floats:
    """Log return of the reference over ``period`` candles."""
    return difference(candles.shared(_log_reference), period)


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.RATIO,
    source="Ang, Hodrick, Xing & Zhang (2006), The Cross-Section of Volatility, section 1",
    inputs=PAIRS,
    defaults={"period": 96},
    least={"period": 2},
)
def relative_volatility(candles: Candles, *, period: int) -> Floats:
    """Volatility of the pair over that of the reference."""
    other = rolling_std(candles.shared(_reference_returns), period)
    return candles.shared(close_volatility_of, period) / other


@feature(
    lookback_candles=lambda period: period + 1,
    unit=Unit.SIGNED,
    source="Lo & MacKinlay (1990), When Are Contrarian Profits Due to Overreaction?, section 3",
    inputs=PAIRS,
    defaults={"period": 288},
    least={"period": 2},
)
def follows_reference(candles: Candles, *, period: int) -> Floats:
    """Correlation of log returns with the reference's returns of the candle before."""
    before = lagged(candles.shared(_reference_returns), 1)
    return rolling_fit(candles.shared(log_returns), before, period)[1]


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.RATIO,
    source="Ang, Chen & Xing (2006), Downside Risk, eq. 2; about a return of 0",
    inputs=PAIRS,
    defaults={"period": 288},
)
def downside_beta(candles: Candles, *, period: int) -> Floats:
    """Slope through the origin of the pair's returns on the reference's falls."""
    falls = np.minimum(candles.shared(_reference_returns), 0.0)
    joint = rolling_mean(candles.shared(log_returns) * falls, period)
    return joint / rolling_mean(falls * falls, period)


@feature(
    lookback_candles=lambda period: period - 1,
    unit=Unit.FRACTION,
    source=ZWEIG,
    inputs=("universe_up_fraction",),
    defaults={"period": 12},
)
def breadth(candles: Candles, *, period: int) -> Floats:
    """Mean share of all pairs that rose in each candle of the window."""
    return candles.shared(mean_of, "universe_up_fraction", period)


@feature(
    lookback_candles=lambda short, long: max(short, long) - 1,
    unit=Unit.FRACTION,
    source=f"{ZWEIG} (thrust)",
    inputs=("universe_up_fraction",),
    defaults={"short": 12, "long": 96},
)
def breadth_thrust(candles: Candles, *, short: int, long: int) -> Floats:
    """Breadth of the short window less that of the long one."""
    quick = candles.shared(mean_of, "universe_up_fraction", short)
    return quick - candles.shared(mean_of, "universe_up_fraction", long)


@feature(
    lookback_candles=lambda period: period - 1,
    unit=Unit.FRACTION,
    source="Solnik & Roulet (2000), Dispersion as cross-sectional correlation, eq. 1",
    inputs=("universe_dispersion",),
    defaults={"period": 96},
)
def dispersion(candles: Candles, *, period: int) -> Floats:
    """Mean deviation of all pairs' log returns across pairs."""
    return candles.shared(mean_of, "universe_dispersion", period)


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.FRACTION,
    source=f"{LEVY}; against the mean of all pairs",
    inputs=UNIVERSE,
    defaults={"period": 96},
)
def universe_relative_strength(candles: Candles, *, period: int) -> Floats:
    """Log return of the pair less the mean one of all pairs over ``period`` candles."""
    ahead = candles.shared(log_returns) - candles["universe_return"]
    return rolling_mean(ahead, period) * period


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.RATIO,
    source=MARKET_MODEL,
    inputs=UNIVERSE,
    defaults={"period": 288},
    least={"period": 2},
)
def universe_beta(candles: Candles, *, period: int) -> Floats:
    """Slope of the pair's log returns on the mean one of all pairs."""
    return candles.shared(_universe_fit, period)[0].copy()


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.SIGNED,
    source=MARKET_MODEL,
    inputs=UNIVERSE,
    defaults={"period": 288},
    least={"period": 2},
)
def universe_correlation(candles: Candles, *, period: int) -> Floats:
    """Correlation of the pair's log returns with the mean one of all pairs."""
    return candles.shared(_universe_fit, period)[1].copy()
