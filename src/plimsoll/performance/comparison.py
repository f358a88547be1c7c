"""Whether one account is better than another over the same days, and not by luck alone."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from plimsoll.performance.bootstrap import SEED
from plimsoll.performance.deflated_sharpe import highest_by_luck
from plimsoll.performance.drawdown import drawdown_curve
from plimsoll.performance.errors import MeasureError
from plimsoll.performance.measures import DAYS_PER_YEAR
from plimsoll.performance.regimes import market_states
from plimsoll.performance.sharpe_interval import SharpeInterval, sharpe_difference, sharpe_interval

Floats = NDArray[np.floating[Any]]

LEVEL = 0.95
"""The confidence of the lower bounds, one-sided, and of the deflated probability."""
LEAST_DAYS = 180
LEAST_TRADES = 30
YEAR = math.sqrt(DAYS_PER_YEAR)
_COVERED = 1.0 - 2.0 * (1.0 - LEVEL)
_STILL = 1e-12


@dataclass(frozen=True, slots=True)
class Side:
    """What one account did over some days; a Sharpe ratio of ``None`` never moved."""

    days: int
    sharpe: float | None
    total_return_fraction: float
    drawdown_fraction: float


@dataclass(frozen=True, slots=True)
class Apart:
    """Both accounts over the days that have a name in common: a regime, or a window."""

    name: str
    candidate: Side
    baseline: Side


@dataclass(frozen=True, slots=True)
class Comparison:
    """A candidate against a baseline, over the same days.

    Attributes
    ----------
    difference, low, high
        A year's Sharpe ratio of the candidate less that of the baseline, and the bounds of
        `LEVEL`, each one-sided.
    probability
        That the true difference is above 0, the selection from all trials considered.
    why
        Why it adds no value, a sentence each; empty where it does.
    """

    candidate: Side
    baseline: Side
    difference: float
    low: float
    high: float
    trials: int
    probability: float
    regimes: tuple[Apart, ...]
    windows: tuple[Apart, ...]
    why: tuple[str, ...]

    @property
    def adds_value(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.why

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return {**asdict(self), "adds_value": self.adds_value}


def compare(
    candidate: "pd.Series[float]",
    baseline: "pd.Series[float]",
    *,
    trades: int,
    trials: int,
    market: "pd.Series[float] | None" = None,
    windows: int = 1,
    seed: int = SEED,
) -> Comparison:
    """Compare two accounts by their daily returns, each at the midnight that ends its day.

    The days are the candidate's; the baseline must have them all. ``trades`` are the candidate's,
    ``trials`` how many variants were tried on these days, this one included. ``market`` are closes
    on a rising UTC index, for the regimes. ``windows`` cuts the days into so many equal parts.

    The interval is that of `sharpe_difference`. The probability deflates it as Bailey & López de
    Prado (2014, The Deflated Sharpe Ratio, eq. 2) deflate a ratio: the difference stands so many
    errors above the highest that as many trials without any skill would reach.

    Raises
    ------
    MeasureError
        When days are missing in the baseline, a return is not finite, or the candidate never
        moved.
    """
    own, theirs = _paired(candidate, baseline)
    if float(theirs.std()) > _STILL:
        apart = sharpe_difference(own, theirs, covered=_COVERED, seed=seed)
    else:
        apart = sharpe_interval(own, covered=_COVERED, seed=seed)
    probability = _deflated(apart, trials)
    days = pd.DatetimeIndex(candidate.index)
    table = pd.DataFrame({"candidate": own, "baseline": theirs}, index=days)
    made = Comparison(
        candidate=side_of(own),
        baseline=side_of(theirs),
        difference=apart.value * YEAR,
        low=apart.low * YEAR,
        high=apart.high * YEAR,
        trials=trials,
        probability=probability,
        regimes=() if market is None else _by_regime(table, market),
        windows=_by_window(table, windows),
        why=(),
    )
    return replace(made, why=tuple(_reasons(made, trades)))


def side_of(returns: Floats) -> Side:
    """Return the figures of daily returns."""
    spread = float(returns.std(ddof=1)) if len(returns) > 1 else 0.0
    growth = np.concatenate([[1.0], np.cumprod(1.0 + returns)])
    return Side(
        days=len(returns),
        sharpe=float(returns.mean()) / spread * YEAR if spread > _STILL else None,
        total_return_fraction=float(growth[-1] - 1.0),
        drawdown_fraction=float(drawdown_curve(pd.Series(growth)).max()),
    )


def _deflated(apart: SharpeInterval, trials: int) -> float:
    luck = highest_by_luck(trials, 1.0)
    if not apart.standard_error > _STILL:  # the same account, scaled: nothing is left to luck
        return float(apart.value > _STILL)
    return float(stats.norm.cdf(apart.value / apart.standard_error - luck))


def _paired(candidate: "pd.Series[float]", baseline: "pd.Series[float]") -> tuple[Floats, Floats]:
    missing = candidate.index.difference(baseline.index)
    if len(missing):
        raise MeasureError(
            f"the baseline lacks {len(missing)} of the {len(candidate)} days, such as "
            f"{missing[0]:%Y-%m-%d}"
        )
    own = candidate.to_numpy(dtype="float64")
    theirs = baseline.reindex(candidate.index).to_numpy(dtype="float64")
    if not (np.isfinite(own).all() and np.isfinite(theirs).all()):
        raise MeasureError("a daily return is no number")
    if len(own) < 2 or not float(own.std()) > _STILL:
        raise MeasureError("the candidate's account never moved: there is nothing to compare")
    return own, theirs


def _reasons(made: Comparison, trades: int) -> Sequence[str]:
    told = []
    if made.candidate.days < LEAST_DAYS:
        told.append(f"{made.candidate.days} days are few, at least {LEAST_DAYS} count")
    if trades < LEAST_TRADES:
        told.append(f"{trades} trades are few, at least {LEAST_TRADES} count")
    if not made.candidate.total_return_fraction > 0.0:
        told.append(f"it lost money ({made.candidate.total_return_fraction:.1%})")
    if not made.low > 0.0:
        told.append(
            f"its Sharpe ratio is {made.difference:+.2f} a year apart and may be {made.low:+.2f} "
            f"({LEVEL:.0%}, one-sided)"
        )
    if not made.probability >= LEVEL:
        told.append(
            f"after {made.trials:,} trial{'s' if made.trials != 1 else ''} it is better with a "
            f"probability of {made.probability:.0%}, at least {LEVEL:.0%} counts"
        )
    return told


def _by_regime(table: pd.DataFrame, market: "pd.Series[float]") -> tuple[Apart, ...]:
    begins = pd.DatetimeIndex(table.index) - pd.Timedelta(days=1)
    states = market_states(market)
    return tuple(
        one
        for name, members in states.items()
        if (one := _apart(name, table[members.reindex(begins, fill_value=False).to_numpy()]))
    )


def _by_window(table: pd.DataFrame, windows: int) -> tuple[Apart, ...]:
    edges = np.linspace(0, len(table), windows + 1).round().astype(int)
    made = []
    for first, last in pairwise(edges):
        part = table.iloc[first:last]
        if len(part):
            begin = part.index[0] - pd.Timedelta(days=1)
            made.append(_apart(f"{begin:%Y-%m-%d} to {part.index[-1]:%Y-%m-%d}", part))
    return tuple(one for one in made if one is not None)


def _apart(name: str, table: pd.DataFrame) -> Apart | None:
    if table.empty:
        return None
    own, theirs = (side_of(table[one].to_numpy("float64")) for one in ("candidate", "baseline"))
    return Apart(name, own, theirs)
