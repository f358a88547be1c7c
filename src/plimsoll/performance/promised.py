"""What a backtest promised, held to what the closed trades of a span made."""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from plimsoll.core import Expectation
from plimsoll.performance.errors import MeasureError

BOUND = 2.0
"""Standard errors within which a mean is what luck makes of the promise: 95 % of all spans."""


@dataclass(frozen=True)
class Kept:
    """A promise and what came of it; profits are fractions of the stake.

    Attributes
    ----------
    source
        Where the promise is from.
    trades
        Closed trades of the span that it is held to.
    mean_fraction, promised_fraction
        Mean profit of a trade, and what was promised; the first is NaN without trades.
    made_usd, promised_usd
        Their profit, and what was promised of their stakes.
    standard_errors
        How far the mean is above (below 0: under) the promise, in standard errors of a mean of
        so many trades, by the spread of the backtest's; NaN without trades or spread.
    win_rate_fraction, promised_win_rate_fraction
        Share of trades with a profit, NaN without trades, and what was promised.
    """

    source: str
    trades: int
    mean_fraction: float
    promised_fraction: float
    made_usd: float
    promised_usd: float
    standard_errors: float
    win_rate_fraction: float
    promised_win_rate_fraction: float

    @property
    def is_kept(self) -> bool | None:
        """Whether luck explains the difference; ``None`` where nothing can be said."""
        if not math.isfinite(self.standard_errors):
            return None
        return self.standard_errors >= -BOUND

    def as_record(self) -> dict[str, Any]:
        """Return plain values for JSON; NaN becomes None."""
        return {
            name: None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in {**asdict(self), "is_kept": self.is_kept}.items()
        }


def held_to(promise: Expectation, trades: pd.DataFrame) -> Kept:
    """Hold closed trades to a promise.

    ``trades``: ``profit_abs`` and ``stake_amount`` (the stake currency, without leverage) of each.

    Raises `MeasureError` where a profit or a stake is not a finite number.
    """
    profits = trades["profit_abs"].to_numpy(dtype="float64")
    stakes = trades["stake_amount"].to_numpy(dtype="float64")
    if not (np.isfinite(profits).all() and np.isfinite(stakes).all() and (stakes > 0.0).all()):
        raise MeasureError("a closed trade has no finite profit or no stake to hold a promise to")
    fractions = profits / stakes
    count = len(fractions)
    mean = float(fractions.mean()) if count else math.nan
    spread = promise.profit_std_fraction
    error = spread / math.sqrt(count) if count and spread > 0.0 else math.nan
    return Kept(
        source=promise.source,
        trades=count,
        mean_fraction=mean,
        promised_fraction=promise.mean_profit_fraction,
        made_usd=float(profits.sum()),
        promised_usd=float(stakes.sum()) * promise.mean_profit_fraction,
        standard_errors=(mean - promise.mean_profit_fraction) / error,
        win_rate_fraction=float((fractions > 0.0).mean()) if count else math.nan,
        promised_win_rate_fraction=promise.win_rate_fraction,
    )
