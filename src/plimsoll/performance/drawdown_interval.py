"""How deep an account with these daily returns may fall, had its days come in another order."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plimsoll.performance.bootstrap import RESAMPLES, SEED, automatic_block, stationary_draw
from plimsoll.performance.errors import MeasureError

Floats = NDArray[np.floating[Any]]

COVERED = 0.95


@dataclass(frozen=True, slots=True)
class DrawdownInterval:
    """The deepest fall over days as many as these, as fractions of the highest value before.

    ``value`` is that of the days as they came. ``low`` and ``high`` bound `COVERED` of the
    resampled ones, ``median`` halves them.
    """

    value: float
    low: float
    median: float
    high: float
    block_days: float


def drawdown_interval(
    returns: Floats,
    *,
    mean_block: float | None = None,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> DrawdownInterval:
    """Return the deepest fall of days drawn anew by the stationary bootstrap.

    Falls are those between the ends of days: within a day an account may fall deeper. Days are
    drawn in blocks as long as the related days of returns or of their sizes, so that quiet and
    wild times last. A day of -1 or less is bankruptcy: a fall of 1.

    Raises
    ------
    MeasureError
        For fewer than two returns, or one that is not finite.
    """
    values = np.asarray(returns, dtype="float64")
    if not np.isfinite(values).all():
        raise MeasureError("returns must be finite; one is not")
    if mean_block is None and len(values) > 1:
        mean_block = max(automatic_block(values), automatic_block(np.abs(values)))
    drawn = stationary_draw(len(values), mean_block=mean_block or 1, resamples=resamples, seed=seed)
    falls = deepest_falls(values[drawn.days])
    tail = (1 - COVERED) / 2
    low, median, high = (float(np.quantile(falls, at)) for at in (tail, 0.5, 1 - tail))
    return DrawdownInterval(
        float(deepest_falls(values[:, None])[0]), low, median, high, float(mean_block or 1)
    )


def deepest_falls(returns: Floats) -> Floats:
    """Return the deepest fall of each column of daily returns, in [0, 1]."""
    growth = np.cumprod(np.maximum(1 + returns, 0.0), axis=0)
    highest = np.maximum(np.maximum.accumulate(growth, axis=0), 1.0)
    falls: Floats = (1 - growth / highest).max(axis=0)
    return np.maximum(falls, 0.0)
