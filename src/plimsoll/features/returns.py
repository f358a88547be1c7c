"""Returns: how far the price moved, how the candle looks, and how moves are distributed."""

# Ufuncs and TA-Lib are typed as Any.
# mypy: disable-error-code="no-any-return"

import numpy as np

from plimsoll.features.arrays import difference, lagged, relative_change, zscore
from plimsoll.features.candles import Candles, Floats
from plimsoll.features.intermediates import (
    close_volatility_of,
    highest,
    log_close,
    log_returns,
    lowest,
)
from plimsoll.features.kernels import rolling_fit, rolling_mean
from plimsoll.features.moments import rolling_skew_kurtosis
from plimsoll.features.registry import Unit, feature

OHLC = ("open", "high", "low", "close")


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.FRACTION,
    source="Tsay (2010), Analysis of Financial Time Series, 3rd ed., eq. 1.1 (simple return)",
    defaults={"period": 12},
)
def close_return(candles: Candles, *, period: int) -> Floats:
    """Change of the close over ``period`` candles."""
    return relative_change(candles["close"], period)


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.FRACTION,
    source="Tsay (2010), Analysis of Financial Time Series, 3rd ed., section 1.1 (log return)",
    defaults={"period": 1},
)
def log_return(candles: Candles, *, period: int) -> Floats:
    """Logarithmic return over ``period`` candles; these add up over time."""
    return difference(candles.shared(log_close), period)


@feature(
    lookback_candles=lambda period: 2 * period,
    unit=Unit.FRACTION,
    source="Ardila, Forro & Sornette (2015), The acceleration effect and gamma factor, section 2",
    defaults={"period": 24},
)
def return_acceleration(candles: Candles, *, period: int) -> Floats:
    """Log return of the last ``period`` candles less that of the ``period`` before them."""
    move = difference(candles.shared(log_close), period)
    return move - lagged(move, period)


@feature(
    lookback_candles=lambda period, skip: max(period, skip),
    unit=Unit.FRACTION,
    source="Jegadeesh & Titman (1993), Returns to Buying Winners and Selling Losers, section I",
    defaults={"period": 288, "skip": 12},
)
def momentum_skip(candles: Candles, *, period: int, skip: int) -> Floats:
    """Log return from ``period`` to ``skip`` candles ago: momentum without the newest reversal."""
    logs = candles.shared(log_close)
    return lagged(logs, skip) - lagged(logs, period)


@feature(
    lookback_candles=lambda period, window: max(period, window),
    unit=Unit.DEVIATIONS,
    source="Moskowitz, Ooi & Pedersen (2012), Time series momentum, eq. 5",
    defaults={"period": 288, "window": 288},
    least={"window": 2},
)
def momentum_scaled(candles: Candles, *, period: int, window: int) -> Floats:
    """Log return over its expected deviation: volatility of ``window`` times sqrt(``period``)."""
    spread = candles.shared(close_volatility_of, window) * np.sqrt(period)
    return difference(candles.shared(log_close), period) / spread


@feature(
    lookback_candles=lambda window: window,
    unit=Unit.DEVIATIONS,
    source="Tsay (2010), Analysis of Financial Time Series, 3rd ed., section 1.2 (standardised)",
    defaults={"window": 96},
    least={"window": 2},
)
def return_zscore(candles: Candles, *, window: int) -> Floats:
    """Log return of the candle in deviations of the window's returns from their mean."""
    return zscore(candles.shared(log_returns), window)


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.RATIO,
    source="Sharpe (1994), The Sharpe Ratio, Journal of Portfolio Management 21(1), eq. 6",
    defaults={"period": 288},
    least={"period": 2},
)
def rolling_sharpe(candles: Candles, *, period: int) -> Floats:
    """Mean log return over its deviation, per candle and not annualised."""
    mean = rolling_mean(candles.shared(log_returns), period)
    return mean / candles.shared(close_volatility_of, period)


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.FRACTION,
    source="Kaufman (2013), Trading Systems and Methods, 5th ed., ch. 5 (advances over declines)",
    defaults={"period": 24},
)
def up_fraction(candles: Candles, *, period: int) -> Floats:
    """Share of the candles that closed above the one before."""
    moves = candles.shared(log_returns)
    return rolling_mean(np.where(np.isnan(moves), np.nan, moves > 0), period)


@feature(
    lookback_candles=lambda period: period + 1,
    unit=Unit.SIGNED,
    source="Lo & MacKinlay (1990), When Are Contrarian Profits Due to Overreaction?, section 1",
    defaults={"period": 96},
    least={"period": 2},
)
def return_autocorrelation(candles: Candles, *, period: int) -> Floats:
    """Correlation of each return with the one before: above 0 in trends, below 0 in reversals."""
    moves = candles.shared(log_returns)
    return rolling_fit(moves, lagged(moves, 1), period)[1]


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.RATIO,
    source="Harvey & Siddique (2000), Conditional Skewness in Asset Pricing Tests, section I",
    defaults={"period": 96},
    least={"period": 3},
)
def return_skew(candles: Candles, *, period: int) -> Floats:
    """Skewness of the log returns."""
    return candles.shared(_skew_kurtosis, period)[0]


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.RATIO,
    source="Cont (2001), Empirical properties of asset returns, section 4 (heavy tails)",
    defaults={"period": 96},
    least={"period": 3},
)
def return_kurtosis(candles: Candles, *, period: int) -> Floats:
    """Excess kurtosis of the log returns: 0 for normal ones."""
    return candles.shared(_skew_kurtosis, period)[1]


def _skew_kurtosis(candles: Candles, period: int) -> tuple[Floats, Floats]:
    return rolling_skew_kurtosis(candles.shared(log_returns), period)


@feature(
    lookback_candles=lambda period: period - 1,
    unit=Unit.FRACTION,
    source="Magdon-Ismail & Atiya (2004), Maximum drawdown, Risk 17(10)",
    inputs=("high", "close"),
    defaults={"period": 288},
    least={"period": 2},
)
def drawdown(candles: Candles, *, period: int) -> Floats:
    """Close against the highest high of the window: 0 or less."""
    return candles["close"] / candles.shared(highest, "high", period) - 1


@feature(
    lookback_candles=lambda period: period - 1,
    unit=Unit.FRACTION,
    source="Magdon-Ismail & Atiya (2004), Maximum drawdown, Risk 17(10); mirrored",
    inputs=("low", "close"),
    defaults={"period": 288},
    least={"period": 2},
)
def run_up(candles: Candles, *, period: int) -> Floats:
    """Close against the lowest low of the window: 0 or more."""
    return candles["close"] / candles.shared(lowest, "low", period) - 1


@feature(
    lookback_candles=lambda: 1,
    unit=Unit.FRACTION,
    source="Yang & Zhang (2000), Drift-independent volatility estimation, eq. 2 (opening jump)",
    inputs=("open", "close"),
)
def open_gap(candles: Candles) -> Floats:
    """Open against the close before."""
    return candles["open"] / lagged(candles["close"], 1) - 1


@feature(
    lookback_candles=lambda: 0,
    unit=Unit.FRACTION,
    source="Nison (1991), Japanese Candlestick Charting Techniques, ch. 3 (real body)",
    inputs=("open", "close"),
)
def candle_body(candles: Candles) -> Floats:
    """Close against the open of the same candle."""
    return candles["close"] / candles["open"] - 1


@feature(
    lookback_candles=lambda: 0,
    unit=Unit.FRACTION,
    source="Nison (1991), Japanese Candlestick Charting Techniques, ch. 3 (upper shadow)",
    inputs=OHLC,
)
def upper_wick(candles: Candles) -> Floats:
    """Part of the candle's range above its body; NaN without a range."""
    top = np.maximum(candles["open"], candles["close"])
    return (candles["high"] - top) / (candles["high"] - candles["low"])


@feature(
    lookback_candles=lambda: 0,
    unit=Unit.FRACTION,
    source="Nison (1991), Japanese Candlestick Charting Techniques, ch. 3 (lower shadow)",
    inputs=OHLC,
)
def lower_wick(candles: Candles) -> Floats:
    """Part of the candle's range below its body; NaN without a range."""
    bottom = np.minimum(candles["open"], candles["close"])
    return (bottom - candles["low"]) / (candles["high"] - candles["low"])


@feature(
    lookback_candles=lambda: 0,
    unit=Unit.SIGNED,
    source="Williams (1979), How I Made One Million Dollars, ch. 7 (close within the range)",
    inputs=("high", "low", "close"),
)
def close_location(candles: Candles) -> Floats:
    """Where the close lies in the candle: 1 at the high, −1 at the low; NaN without a range."""
    return candles.shared(location)


def location(candles: Candles) -> Floats:
    """Return (2 close − high − low) / (high − low)."""
    high, low = candles["high"], candles["low"]
    return (2 * candles["close"] - high - low) / (high - low)
