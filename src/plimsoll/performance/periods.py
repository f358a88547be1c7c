"""An account through time: returns by month, and the Sharpe ratio of a moving window."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from plimsoll.performance.measures import DAYS_PER_YEAR, daily_returns

MONTHS = 12
WINDOWS_DAYS = (180, 90, 30)
"""Windows of the rolling Sharpe ratio: the longest of which a run has at least two."""

LEAST_DAYS = 30
"""Daily returns below which no Sharpe ratio is given."""

_NO_CHANGE = 1e-12
"""A return below this is the rounding of sums."""


@dataclass(frozen=True)
class YearReturns:
    """Returns of one calendar year (UTC): twelve months, NaN where there is no day, and the year.

    ``is_part`` marks the months that the run does not cover from their first to their last day.
    """

    year: int
    months: tuple[float, ...]
    is_part: tuple[bool, ...]
    whole: float


def yearly_table(equity: "pd.Series[float]") -> list[YearReturns]:
    """Compound the daily returns by calendar month and year, oldest year first.

    Expects a series that `plimsoll.performance.measures.check_equity` accepts.
    """
    returns = daily_returns(equity)
    begins = pd.DatetimeIndex(returns.index) - pd.Timedelta(days=1)
    first, last = equity.index[0], equity.index[-1]
    rows = []
    for year in range(begins[0].year, begins[-1].year + 1):
        months, part = [], []
        for month in range(1, MONTHS + 1):
            rows_of = returns[(begins.year == year) & (begins.month == month)]
            months.append(_compounded(rows_of))
            start = pd.Timestamp(year=year, month=month, day=1, tz="UTC")
            # the last candle's close may be known a candle before midnight
            slack = pd.Timedelta(days=1)
            end = start + pd.offsets.MonthBegin()
            part.append(bool(len(rows_of)) and (first > start or last <= end - slack))
        whole = _compounded(returns[begins.year == year])
        rows.append(YearReturns(year, tuple(months), tuple(part), whole))
    return rows


def rolling_window_days(days: float) -> int | None:
    """Return the window in days for a run of this length; None when it is too short for any."""
    return next((window for window in WINDOWS_DAYS if days >= 2 * window), None)


def rolling_sharpe(equity: "pd.Series[float]", window_days: int) -> "pd.Series[float]":
    """Return the Sharpe ratio of the last ``window_days`` daily returns, at each midnight.

    Mean / standard deviation (ddof 1) × √365, as in `plimsoll.performance.measures`. NaN where the
    window is not full, or where fewer than `LEAST_DAYS` of its days have a return other than 0.
    """
    returns = daily_returns(equity)
    window = returns.rolling(window_days)
    deviation = window.std()
    moved = (returns.abs() > _NO_CHANGE).astype("float64").rolling(window_days).sum()
    deviation = deviation.where((deviation > _NO_CHANGE) & (moved >= LEAST_DAYS))
    sharpe: pd.Series[float] = window.mean() / deviation * math.sqrt(DAYS_PER_YEAR)
    return sharpe.rename("sharpe")


def _compounded(returns: "pd.Series[float]") -> float:
    if returns.empty:
        return float("nan")
    return float(np.prod(1.0 + returns.to_numpy(dtype="float64")) - 1.0)
