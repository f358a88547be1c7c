"""How far the true Sharpe ratio may lie, of one account and between two, by resampled days."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plimsoll.performance.bootstrap import (
    RESAMPLES,
    SEED,
    Drawn,
    automatic_block,
    stationary_draw,
)
from plimsoll.performance.errors import MeasureError
from plimsoll.performance.hac import long_run_variance, sharpe_influence

Floats = NDArray[np.floating[Any]]

COVERED = 0.95
"""Share of repetitions in which the interval holds the true ratio."""
_NO_SPREAD = 1e-12


@dataclass(frozen=True, slots=True)
class SharpeInterval:
    """A Sharpe ratio per period, or the difference of two, with its interval and p-values.

    ``p_above_zero`` is that of the hypothesis that the truth is 0 or less, ``p_not_zero`` that of
    exactly 0.
    """

    value: float
    standard_error: float
    low: float
    high: float
    p_above_zero: float
    p_not_zero: float
    block_days: float


def sharpe_interval(
    returns: Floats,
    *,
    mean_block: float | None = None,
    resamples: int = RESAMPLES,
    seed: int = SEED,
    covered: float = COVERED,
) -> SharpeInterval:
    """Return the interval of the Sharpe ratio of one account; per period, not a year's.

    The studentised bootstrap of `sharpe_difference`, against an account that stands still.

    Raises
    ------
    MeasureError
        When the returns do not vary, or one is not finite.
    """
    values = _checked(returns)
    block = automatic_block(sharpe_influence(values)) if mean_block is None else mean_block
    drawn = stationary_draw(len(values), mean_block=block, resamples=resamples, seed=seed)
    ratios, influences = _resampled(values, drawn)
    return _studentised(
        _ratio(values), sharpe_influence(values), ratios, influences, drawn, covered, block
    )


def sharpe_difference(
    returns: Floats,
    others: Floats,
    *,
    mean_block: float | None = None,
    resamples: int = RESAMPLES,
    seed: int = SEED,
    covered: float = COVERED,
) -> SharpeInterval:
    """Return the first account's Sharpe ratio less the second's, over the same days, per period.

    Ledoit & Wolf (2008, Robust Performance Hypothesis Testing with the Sharpe Ratio, Journal of
    Empirical Finance 15, section 3.2): the difference over its error is resampled, not the
    difference itself. The error of the data is that of `long_run_variance`, that of a sample comes
    of its blocks. Days are drawn for both accounts at once, so that what moves both does not count
    as luck. They draw blocks of one length, here lengths vary (Politis & Romano 1994) around
    `automatic_block`. The interval is symmetric.

    Raises
    ------
    MeasureError
        When the two have not the same number of days, one does not vary, or a return is not
        finite.
    """
    one, other = _checked(returns), _checked(others)
    if len(one) != len(other):
        raise MeasureError(f"expected as many days of both, found {len(one)} and {len(other)}")
    influence = sharpe_influence(one) - sharpe_influence(other)
    block = automatic_block(influence) if mean_block is None else mean_block
    drawn = stationary_draw(len(one), mean_block=block, resamples=resamples, seed=seed)
    first, moved = _resampled(one, drawn)
    second, moved_too = _resampled(other, drawn)
    return _studentised(
        _ratio(one) - _ratio(other),
        influence,
        first - second,
        moved - moved_too,
        drawn,
        covered,
        block,
    )


def _studentised(
    value: float,
    influence: Floats,
    drawn_values: Floats,
    drawn_influences: Floats,
    drawn: Drawn,
    covered: float,
    block: float,
) -> SharpeInterval:
    """Return the interval of a value whose resampled values and influences are given."""
    count = len(influence)
    error = math.sqrt(long_run_variance(influence) / count)
    if not error > _NO_SPREAD:
        return SharpeInterval(value, 0.0, value, value, 1.0, 1.0, block)
    errors = np.sqrt(drawn.block_squares(drawn_influences)) / count
    known = errors > _NO_SPREAD
    scores = (drawn_values[known] - value) / errors[known]
    score = value / error
    reach = float(np.quantile(np.abs(scores), covered)) * error
    samples = len(scores) + 1
    return SharpeInterval(
        value=value,
        standard_error=error,
        low=value - reach,
        high=value + reach,
        p_above_zero=float((scores >= score).sum() + 1) / samples,
        p_not_zero=float((np.abs(scores) >= abs(score)).sum() + 1) / samples,
        block_days=block,
    )


def _resampled(values: Floats, drawn: Drawn) -> tuple[Floats, Floats]:
    """Return the ratios of the samples, and the influence of each day of each."""
    samples = values[drawn.days]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios: Floats = samples.mean(axis=0) / samples.std(axis=0, ddof=1)
        influences = sharpe_influence(samples)
    # A sample without deviation has no error either, and is left out.
    still = ~np.isfinite(ratios)
    ratios[still], influences[:, still] = 0.0, 0.0
    return ratios, influences


def _ratio(values: Floats) -> float:
    return float(values.mean()) / float(values.std(ddof=1))


def _checked(returns: Floats) -> Floats:
    values = np.asarray(returns, dtype="float64")
    if not np.isfinite(values).all():
        raise MeasureError("returns must be finite; one is not")
    if len(values) < 2 or not float(values.std()) > _NO_SPREAD:
        raise MeasureError(
            f"a Sharpe ratio needs returns that vary, found {len(values)} that do not"
        )
    return values
