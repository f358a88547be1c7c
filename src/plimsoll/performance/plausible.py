"""Results that are too good to be true: better than forecasts are."""

import math
from dataclasses import dataclass

from plimsoll.performance.errors import MeasureError
from plimsoll.performance.measures import DAYS_PER_YEAR

MOST_INFORMATION = 0.20
"""The correlation of forecasts and outcomes above which Grinold & Kahn (1999, Active Portfolio
Management, 2nd ed., chapter 10) see a faulty backtest or an insider: 0.05 is good, 0.10 great, 0.15
of world class."""
LEAST_TRADES = 30
_TWO_SIDED_95 = 1.959964


@dataclass(frozen=True, slots=True)
class TradeResults:
    """Closed trades: how many, their mean and deviation, and how they were held.

    ``mean`` and ``deviation`` are of profits in one unit; ``held_days`` is the mean life.
    """

    trades: int
    mean: float
    deviation: float
    held_days: float
    win_rate_fraction: float


def sharpe_ceiling(trades_per_year: float) -> float:
    """Return the yearly Sharpe ratio that forecasts with the most information would reach.

    The fundamental law: information × √breadth (Grinold & Kahn 1999, chapter 6). The breadth is
    the number of trades a year, and one decision a day for what holds longer.

    Raises
    ------
    MeasureError
        For a number below 0, or that is none.
    """
    if not trades_per_year >= 0:
        raise MeasureError(f"trades a year must be 0 or more, found {trades_per_year}")
    return MOST_INFORMATION * math.sqrt(max(trades_per_year, DAYS_PER_YEAR))


def too_good(
    *, sharpe_low: float, trades_per_year: float, trades: TradeResults | None = None
) -> tuple[str, ...]:
    """Return why a result is not to be believed, a sentence each; empty for one that may be true.

    ``sharpe_low``: the lower bound of the year's Sharpe ratio, so that luck does not count. The
    hit rate is judged against the trades' own payoffs: the mean over the deviation, at its lower
    95 % bound (Lo 2002, eq. 9), may not exceed the most information × √(days held), one at least.
    Fewer than `LEAST_TRADES` say nothing.
    """
    reasons = []
    ceiling = sharpe_ceiling(trades_per_year)
    if sharpe_low > ceiling:
        reasons.append(
            f"a Sharpe ratio of {sharpe_low:.1f} at least needs better forecasts than there are: "
            f"{trades_per_year:,.0f} trades a year allow {ceiling:.1f}"
        )
    if trades is not None and trades.trades >= LEAST_TRADES:
        most = MOST_INFORMATION * math.sqrt(max(trades.held_days, 1.0))
        least = _least_ratio(trades)
        if least > most:
            reasons.append(
                f"{trades.win_rate_fraction:.0%} of {trades.trades:,} trades won, their mean is "
                f"{least:.2f} deviations at least: forecasts over {trades.held_days:.1f} days "
                f"allow {most:.2f}"
            )
    return tuple(reasons)


def _least_ratio(trades: TradeResults) -> float:
    """Return the lower bound of the mean over the deviation; infinite where nothing was lost."""
    if not trades.deviation > 0:
        return math.inf if trades.mean > 0 else 0.0
    ratio = trades.mean / trades.deviation
    return ratio - _TWO_SIDED_95 * math.sqrt((1 + ratio**2 / 2) / trades.trades)
