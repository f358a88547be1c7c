"""The worst of an account: its worst day and its worst month."""

import pandas as pd

from plimsoll.performance.measures import check_equity, daily_returns


def worst_day(equity: "pd.Series[float]") -> float:
    """Return the lowest return of a UTC day, as a fraction; 0 when no day lost.

    Expects a series that passes `check_equity`; a value at midnight ends the day before it.
    """
    check_equity(equity)
    return min(float(daily_returns(equity).min()), 0.0)


def worst_month(equity: "pd.Series[float]") -> float:
    """Return the lowest return of a calendar month (UTC), as a fraction; 0 when no month lost.

    A month that the series covers in part counts with that part. Expects a series that passes
    `check_equity`; a value at midnight ends the day before it.
    """
    check_equity(equity)
    days = daily_returns(equity)
    ended = pd.DatetimeIndex(days.index) - pd.Timedelta(1, "ns")
    months = (1.0 + days).groupby([ended.year, ended.month]).prod() - 1.0
    return min(float(months.min()), 0.0)
