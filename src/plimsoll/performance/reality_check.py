"""Whether the best of everything tried beats a benchmark by more than trying explains."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plimsoll.performance.bootstrap import RESAMPLES, SEED, automatic_block, stationary_draw
from plimsoll.performance.errors import MeasureError

Floats = NDArray[np.floating[Any]]

LEAST_DAYS = 16
"""Below it the threshold of a poor trial, ``sqrt(2 ln ln T)``, means nothing."""
_NO_SPREAD = 1e-12


@dataclass(frozen=True, slots=True)
class RealityCheck:
    """The p-values of the hypothesis that no trial beats the benchmark.

    ``reality_check`` is White's, of means. The others are Hansen's, of means over their errors:
    ``spa`` is the consistent one, ``spa_lower`` and ``spa_upper`` bound it. ``best`` is the number
    of the trial with the highest mean over its error.
    """

    reality_check: float
    spa: float
    spa_lower: float
    spa_upper: float
    best: int
    trials: int
    days: int
    block_days: float


def reality_check(
    excess: Floats,
    *,
    mean_block: float | None = None,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> RealityCheck:
    """Test everything that was tried at once against a benchmark.

    ``excess``: a row a day, a column a trial, its daily return less the benchmark's (less 0
    against cash). White (2000), A Reality Check for Data Snooping, Econometrica 68, section 2:
    ``max √T d̄`` against its resamples, all centred. Hansen (2005), A Test for Superior Predictive
    Ability, Journal of Business & Economic Statistics 23, section 3: ``max(√T d̄ / ω, 0)`` with ω
    of the stationary bootstrap, where a trial worse than ``-ω sqrt(2 ln ln T / T)`` is not
    centred, so that a search pays nothing for hopeless trials (``spa``); where none that is worse
    than the benchmark is (``spa_lower``); where all are (``spa_upper``). A trial that never
    differs from the benchmark is left out.

    ``mean_block`` is by default the longest `automatic_block` of the ten trials that differ most.

    Raises
    ------
    MeasureError
        When nothing differs from the benchmark, for fewer than `LEAST_DAYS`, or for a return that
        is not finite.
    """
    table = np.asarray(excess, dtype="float64")
    if table.ndim != 2 or not table.size:
        raise MeasureError(f"expected a row a day and a column a trial, found {table.shape}")
    if len(table) < LEAST_DAYS:
        raise MeasureError(f"a reality check needs {LEAST_DAYS} days, found {len(table)}")
    if not np.isfinite(table).all():
        raise MeasureError("the returns of all trials must be finite; one is not")
    differs = np.flatnonzero(table.std(axis=0) > _NO_SPREAD)
    if not len(differs):
        raise MeasureError("expected a trial that differs from the benchmark, found none")
    table = table[:, differs]
    days = len(table)
    block = _block(table) if mean_block is None else mean_block
    means = table.mean(axis=0)
    errors = np.sqrt(_variances(table - means, block))
    drawn = stationary_draw(days, mean_block=block, resamples=resamples, seed=seed)
    moved = math.sqrt(days) * (drawn.weights() @ table / days - means)
    poor = means < -errors * math.sqrt(2 * math.log(math.log(days)) / days)
    scores = math.sqrt(days) * means / errors
    highest = max(float(scores.max()), 0.0)
    # What a resample is moved back by where a trial's mean is not taken away.
    kept = {"spa": np.where(poor, scores, 0.0), "spa_lower": np.minimum(scores, 0.0)}
    luck = {
        name: np.maximum((moved / errors + back).max(axis=1), 0.0) for name, back in kept.items()
    }
    luck["spa_upper"] = np.maximum((moved / errors).max(axis=1), 0.0)
    return RealityCheck(
        reality_check=_share(moved.max(axis=1), math.sqrt(days) * float(means.max())),
        **{name: _share(values, highest) for name, values in luck.items()},
        best=int(differs[int(scores.argmax())]),
        trials=int(np.asarray(excess).shape[1]),
        days=days,
        block_days=block,
    )


def _share(luck: Floats, reached: float) -> float:
    """Return the share of resamples that reach as much; the data itself is one of them."""
    return float((luck >= reached).sum() + 1) / (len(luck) + 1)


def _variances(centred: Floats, block: float) -> Floats:
    """Return the variance of √T d̄ under the stationary bootstrap (Hansen 2005, eq. 4)."""
    days = len(centred)
    lags = np.arange(1, days)
    stays = 1 - 1 / block
    weights = (1 - lags / days) * stays**lags + lags / days * stays ** (days - lags)
    # Lags whose weight is nothing: with short blocks all but some dozens.
    used = lags[weights > 1e-12]
    variances = (centred**2).sum(axis=0) / days
    for lag in used:
        together = np.einsum("ij,ij->j", centred[: days - lag], centred[lag:])
        variances = variances + 2 * weights[lag - 1] * together / days
    known: Floats = np.maximum(variances, _NO_SPREAD**2)
    return known


def _block(table: Floats) -> float:
    """Return the longest block of the ten trials with the greatest spread."""
    widest = np.argsort(table.std(axis=0))[::-1][:10]
    return max(automatic_block(table[:, one]) for one in widest)
