"""How sure a Sharpe ratio is: the one door of the gates to the measures of significance."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from plimsoll.gates.criteria import ONE_SIDED_LEVEL
from plimsoll.performance.bootstrap import RESAMPLES, automatic_block, stationary_draw
from plimsoll.performance.drawdown import drawdown_curve
from plimsoll.performance.errors import MeasureError
from plimsoll.performance.measures import DAYS_PER_YEAR
from plimsoll.performance.sharpe_interval import sharpe_difference, sharpe_interval
from plimsoll.performance.significance import LEAST_DAYS, assess

Floats = NDArray[np.floating[Any]]

YEAR = math.sqrt(DAYS_PER_YEAR)
NAN = float("nan")
TAIL = 1.0 - ONE_SIDED_LEVEL
BOTH_SIDES = 1.0 - 2.0 * TAIL
"""The share that a two-sided interval holds whose lower edge is the one-sided bound."""
BAND_PATHS = 1_000


@dataclass(frozen=True, slots=True)
class Precision:
    """A year's Sharpe ratio and mean return of daily returns, with one-sided lower bounds.

    NaN where the returns are too few or never change.
    """

    sharpe: float = NAN
    sharpe_low: float = NAN
    mean: float = NAN
    mean_low: float = NAN


def precision_of(returns: "pd.Series[float]") -> Precision:
    """Measure daily returns, `plimsoll.performance.sharpe_interval.sharpe_interval` says how.

    The level of the bounds is `ONE_SIDED_LEVEL`. The bound of the mean is that of the percentiles
    of resampled means.
    """
    values = _values(returns)
    if values is None:
        return Precision()
    interval = sharpe_interval(values, covered=BOTH_SIDES)
    means = _resampled(values, RESAMPLES).mean(axis=0)
    return Precision(
        sharpe=interval.value * YEAR,
        sharpe_low=interval.low * YEAR,
        mean=float(values.mean()) * DAYS_PER_YEAR,
        mean_low=float(np.quantile(means, TAIL)) * DAYS_PER_YEAR,
    )


def deflated_of(returns: "pd.Series[float]", trials: int) -> float:
    """Return the probability that the true Sharpe ratio is above 0, all trials considered.

    NaN for returns that are no evidence, or without a trial.
    """
    if _values(returns) is None or trials < 1:
        return NAN
    return assess(returns, trials=trials).deflated_sharpe


def excess_low(returns: "pd.Series[float]", baseline: "pd.Series[float]") -> float:
    """Return the lower bound of a year's Sharpe ratio beyond a baseline's.

    Both are daily returns; the days of the first count, and the second must have them all. Days
    are drawn in pairs, so that what the market did to both cancels. A baseline that never moved
    has a ratio of 0. NaN for too few days, or days that a baseline lacks.
    """
    own = _values(returns)
    theirs = baseline.reindex(returns.index).to_numpy(dtype="float64")
    if own is None or not np.isfinite(theirs).all():
        return NAN
    try:
        if not float(theirs.std()) > 0.0:
            return sharpe_interval(own, covered=BOTH_SIDES).low * YEAR
        return sharpe_difference(own, theirs, covered=BOTH_SIDES).low * YEAR
    except MeasureError:
        return NAN


def equity_band(returns: "pd.Series[float]") -> "tuple[pd.Series[float], pd.DataFrame]":
    """Return growth from 1, and the band that holds 90 % of resampled histories, a row a day.

    The lower edge is the bound of which a verdict speaks: `ONE_SIDED_LEVEL`, one-sided.
    """
    values = returns.to_numpy(dtype="float64")
    growth = pd.Series(np.cumprod(1.0 + values, dtype="float64"), index=returns.index)
    if len(values) < 2:
        return growth, pd.DataFrame({"low": growth, "high": growth})
    paths = np.cumprod(1.0 + _resampled(values, BAND_PATHS), axis=0)
    low, high = np.quantile(paths, [TAIL, ONE_SIDED_LEVEL], axis=1)
    return growth, pd.DataFrame({"low": low, "high": high}, index=returns.index)


def deepest_fall(returns: "pd.Series[float]") -> float:
    """Return the largest drawdown of compounded daily returns, as a fraction."""
    values = np.cumprod(1.0 + returns.to_numpy(dtype="float64"), dtype="float64")
    return float(drawdown_curve(pd.Series([1.0, *values])).max())


def _values(returns: "pd.Series[float]") -> Floats | None:
    """Return daily returns that are evidence; ``None`` for others."""
    values = returns.to_numpy(dtype="float64")
    if len(values) < LEAST_DAYS or not np.isfinite(values).all():
        return None
    return values if float(values.std()) > 1e-12 else None


def _resampled(values: Floats, resamples: int) -> Floats:
    block = automatic_block(values)
    drawn: Floats = values[stationary_draw(len(values), mean_block=block, resamples=resamples).days]
    return drawn
