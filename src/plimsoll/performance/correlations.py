"""How accounts move together: the correlation of their daily returns."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from plimsoll.performance.measures import check_equity, daily_returns

LEAST_DAYS = 20
"""Days that two accounts must share for a correlation to mean anything."""
_NO_SPREAD = 1e-12


def daily_correlations(accounts: "Mapping[str, pd.Series[float]]") -> pd.DataFrame:
    """Return Pearson's correlation of daily returns, a row and a column an account, as they come.

    Each value is an equity series that `check_equity` accepts. Two accounts are compared on the
    days that both have; NaN where these are fewer than `LEAST_DAYS`, or one of them never moved.
    """
    returns = {}
    for name, equity in accounts.items():
        check_equity(equity)
        days = daily_returns(equity)
        moves = float(days.std(ddof=1)) > _NO_SPREAD if len(days) > 1 else False
        returns[name] = days if moves else days * np.nan
    frame = pd.DataFrame(returns, columns=list(accounts))
    return frame.corr(min_periods=LEAST_DAYS)
