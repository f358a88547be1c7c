"""Market regimes by day: trend up, down or sideways, and volatility calm or wild.

Both are known before the day begins: nothing of the day itself is in them.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

TREND_DAYS = 50
TREND_BAND_FRACTION = 0.02
VOLATILITY_DAYS = 20
VOLATILITY_MEMORY_DAYS = 365
LEAST_MEMORY_DAYS = 60

UP, SIDEWAYS, DOWN = "trend up", "sideways", "trend down"
CALM, WILD = "calm", "wild"
UNKNOWN = "not known yet"
TRENDS, VOLATILITIES = (UP, SIDEWAYS, DOWN, UNKNOWN), (CALM, WILD, UNKNOWN)

BULL, BEAR, CRASH = "bull", "bear", "crash"
CRASH_FRACTION = 0.10
CRASH_DAYS = 3

DEFINITION = (
    f"Trend: the last daily close before the day against the mean of the last {TREND_DAYS} daily "
    f"closes; up or down when it is more than {TREND_BAND_FRACTION:.0%} above or below. "
    f"Volatility: the deviation of the last {VOLATILITY_DAYS} daily returns against its own median "
    f"over up to {VOLATILITY_MEMORY_DAYS} days (at least {LEAST_MEMORY_DAYS}); wild when above."
)


@dataclass(frozen=True)
class RegimeDays:
    """What an account and the market did in the days of one regime.

    Returns are compounded over those days; ``market_fraction`` is NaN where the market has no
    close.
    """

    regime: str
    days: int
    account_fraction: float
    market_fraction: float


def regimes(closes: "pd.Series[float]") -> pd.DataFrame:
    """Return the regime of each UTC day from a market's closes.

    ``closes``: prices on a rising UTC index, each at the time it was known; NaN rows are dropped.

    Returns a frame indexed by the midnight that begins each day, from the first day to the day
    after the last close, with ``trend`` (one of `TRENDS`) and ``volatility`` (one of
    `VOLATILITIES`). A day whose look-back is not full is `UNKNOWN`.
    """
    known = closes.dropna()
    daily = known.resample("1D", closed="right", label="right").last().ffill().dropna()
    apart = daily / daily.rolling(TREND_DAYS).mean() - 1.0
    spread = daily.pct_change().rolling(VOLATILITY_DAYS).std()
    usual = spread.rolling(VOLATILITY_MEMORY_DAYS, min_periods=LEAST_MEMORY_DAYS).median()
    trend = np.select(
        [apart.isna(), apart > TREND_BAND_FRACTION, apart < -TREND_BAND_FRACTION],
        [UNKNOWN, UP, DOWN],
        SIDEWAYS,
    )
    volatility = np.select([usual.isna(), spread > usual], [UNKNOWN, WILD], CALM)
    return pd.DataFrame({"trend": trend, "volatility": volatility}, index=daily.index)


def market_states(closes: "pd.Series[float]") -> "dict[str, pd.Series[bool]]":
    """Return which UTC days were bull, bear, sideways or in a crash, by the midnight they begin.

    The first three are the trend of `regimes`, known before the day. A crash is not: a day whose
    close is `CRASH_FRACTION` or more below that of a day up to `CRASH_DAYS` before it. It is
    among the other three as well.
    """
    known = closes.dropna()
    daily = known.resample("1D", closed="right", label="right").last().ffill().dropna()
    highest = daily.rolling(CRASH_DAYS + 1, min_periods=1).max()
    crash = daily / highest - 1.0 <= -CRASH_FRACTION
    crash.index = pd.DatetimeIndex(crash.index) - pd.Timedelta(days=1)
    trend = regimes(closes)["trend"]
    return {BULL: trend == UP, BEAR: trend == DOWN, SIDEWAYS: trend == SIDEWAYS, CRASH: crash}


def regime_at(times: "pd.Series[pd.Timestamp]", column: "pd.Series[str]") -> "pd.Series[str]":
    """Return the regime of the day of each time; `UNKNOWN` for a day that has none."""
    return times.dt.floor("D").map(column).fillna(UNKNOWN).astype("str")


def regime_days(
    returns: "pd.Series[float]", market: "pd.Series[float]", column: "pd.Series[str]"
) -> list[RegimeDays]:
    """Compound daily returns of account and market by regime.

    ``returns`` and ``market`` are indexed by the midnight that ends each day, as
    `plimsoll.performance.measures.daily_returns` gives them; ``column`` by the one that begins it.
    """
    begins = pd.DatetimeIndex(returns.index) - pd.Timedelta(days=1)
    own = column.reindex(begins).fillna(UNKNOWN).to_numpy()
    other = market.reindex(returns.index)
    made = []
    for name in dict.fromkeys((*TRENDS[:-1], *VOLATILITIES)):
        rows = own == name
        if rows.any():
            account, held = (1.0 + returns[rows]).prod(), (1.0 + other[rows]).prod(skipna=False)
            made.append(RegimeDays(name, int(rows.sum()), float(account - 1), float(held - 1)))
    return made
