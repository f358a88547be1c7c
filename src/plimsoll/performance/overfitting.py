"""How often the best of a search is worse than the median of it where it was not searched."""

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plimsoll.performance.errors import MeasureError

Floats = NDArray[np.floating[Any]]

GROUPS = 16
"""Groups of days, as in the paper's examples: 12,870 ways to train on a half of them."""
LEAST_GROUP_DAYS = 5
"""A Sharpe ratio of halves with shorter groups is that of few days."""
_NO_SPREAD = 1e-12
_AT_ONCE = 256
"""Splits that are measured together; more would take memory and no less time."""


@dataclass(frozen=True, slots=True, eq=False)
class Overfitting:
    """What combinatorially symmetric cross-validation says of a search.

    ``probability`` is PBO: the share of the splits whose best trial ranks in the lower half of
    all trials on the other days. ``logits`` are those ranks, one a split: 0 is the median, below
    it is worse. ``loss_probability`` is the share whose best trial has a Sharpe ratio below 0
    there. ``slope`` is that of the best trial's ratio there over its ratio in training.
    """

    probability: float
    loss_probability: float
    slope: float
    logits: Floats
    groups: int
    trials: int
    days: int


def overfitting(tried: Floats, *, groups: int | None = None) -> Overfitting:
    """Return the probability of backtest overfitting of a search by Sharpe ratio.

    ``tried``: a row a day, a column a trial, daily returns of everything that was tried. Bailey,
    Borwein, López de Prado & Zhu (2017), The Probability of Backtest Overfitting, Journal of
    Computational Finance 20(4), section 2 (CSCV): the days are cut into groups, every half of
    them trains once and tests once. A relative rank is ``rank / (trials + 1)``, its logit
    ``ln(ω / (1 - ω))``, and PBO the share of logits of 0 or less. Trials of equal ratio share
    their ranks' mean. A trial that stands still has a ratio of 0.

    ``groups`` is even; by default `GROUPS`, or as many as have `LEAST_GROUP_DAYS`.

    Raises
    ------
    MeasureError
        For fewer than two trials or too few days, an odd number of groups, or a return that is
        not finite.
    """
    table = np.asarray(tried, dtype="float64")
    if table.ndim != 2 or table.shape[1] < 2:
        raise MeasureError(f"expected a row a day and 2 trials or more, found {table.shape}")
    if not np.isfinite(table).all():
        raise MeasureError("the returns of all trials must be finite; one is not")
    days, trials = table.shape
    cut = min(GROUPS, days // LEAST_GROUP_DAYS // 2 * 2) if groups is None else groups
    if cut < 2 or cut % 2 or days < 2 * cut:
        needed = max(2 * LEAST_GROUP_DAYS, 2 * (groups or 0))
        raise MeasureError(
            f"overfitting needs an even number of groups and {needed} days at least, found "
            f"{cut} groups and {days} days"
        )
    logits, trained, tested = _all_splits(table, cut)
    spread = float(trained.var())
    slope = float(np.cov(trained, tested, ddof=0)[0, 1] / spread) if spread > 0 else float("nan")
    return Overfitting(
        probability=float((logits <= 0).mean()),
        loss_probability=float((tested < 0).mean()),
        slope=slope,
        logits=logits,
        groups=cut,
        trials=trials,
        days=days,
    )


def _all_splits(table: Floats, groups: int) -> tuple[Floats, Floats, Floats]:
    """Return for each split the logit, and the best trial's ratio in training and outside."""
    parts = np.array_split(table, groups)
    sums = np.array([part.sum(axis=0) for part in parts])
    squares = np.array([(part**2).sum(axis=0) for part in parts])
    days = np.array([len(part) for part in parts], dtype="float64")
    chosen = np.array(list(combinations(range(groups), groups // 2)))
    trains = np.zeros((len(chosen), groups))
    np.put_along_axis(trains, chosen, 1.0, axis=1)
    measured = []
    for start in range(0, len(trains), _AT_ONCE):
        mask = trains[start : start + _AT_ONCE]
        inside = _ratios(mask, sums, squares, days)
        outside = _ratios(1 - mask, sums, squares, days)
        best = inside.argmax(axis=1)[:, None]
        reached = np.take_along_axis(outside, best, axis=1)
        below, equal = (outside < reached).sum(axis=1), (outside == reached).sum(axis=1)
        rank = below + (equal + 1) / 2
        share = rank / (table.shape[1] + 1)
        trained = np.take_along_axis(inside, best, axis=1)
        measured.append((np.log(share / (1 - share)), trained[:, 0], reached[:, 0]))
    logits, trained, tested = (np.concatenate(one) for one in zip(*measured, strict=True))
    return logits, trained, tested


def _ratios(mask: Floats, sums: Floats, squares: Floats, days: Floats) -> Floats:
    """Return each trial's Sharpe ratio over the groups of each mask: a row a mask."""
    count = (mask @ days)[:, None]
    mean = mask @ sums / count
    variance = np.maximum(mask @ squares / count - mean**2, 0.0) * count / (count - 1)
    deviation = np.sqrt(variance)
    moves = deviation > _NO_SPREAD
    ratios: Floats = np.where(moves, mean / np.where(moves, deviation, 1.0), 0.0)
    return ratios
