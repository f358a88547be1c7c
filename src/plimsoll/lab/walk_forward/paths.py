"""Combinatorially purged cross-validation of everything that the windows tried.

Each parameter set is traded once over the whole span. Every way to hold groups of days out then
chooses the best on the days that train, and has it tested on the days that do not; the tests
make whole paths, each of which is an out-of-sample history of the same search.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from plimsoll.core import UsageError
from plimsoll.performance.errors import MeasureError
from plimsoll.performance.measures import DAYS_PER_YEAR
from plimsoll.performance.overfitting import Overfitting, overfitting
from plimsoll.performance.windows import (
    DAY,
    Gaps,
    PurgedSplit,
    Span,
    paths,
    purged_splits,
)

NO_SPREAD = 1e-12
Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Paths:
    """What cross-validation says of a search.

    ``sharpes`` are the yearly Sharpe ratios of the paths, ``chosen`` the number of the trial that
    each split chose, ``returns`` the daily returns of each path. ``overfitting`` is PBO over the
    same trials; ``None`` where there are too few days for it.
    """

    groups: int
    tested: int
    trials: int
    sharpes: tuple[float, ...]
    chosen: tuple[int, ...]
    returns: tuple[tuple[float, ...], ...]
    overfitting: Overfitting | None


def paths_of(
    tried: Sequence["pd.Series[float]"],
    span: Span,
    *,
    groups: int,
    tested: int,
    gaps: Gaps,
) -> Paths:
    """Return the paths of a search; ``tried`` are the daily returns of each trial over the span.

    A return belongs to the day that ends at its index. The best trial of a split is that of the
    highest Sharpe ratio on its training days, the first of several.

    Raises
    ------
    UsageError
        When the span is too short for so many groups, or fewer than two trials were tried.
    """
    if len(tried) < 2:
        raise UsageError(f"paths need two different trials or more, found {len(tried)}")
    table = pd.concat(tried, axis=1).fillna(0.0)
    begins = pd.DatetimeIndex(table.index) - DAY
    values = table.to_numpy(dtype="float64")
    try:
        splits = purged_splits(span, groups=groups, tested=tested, gaps=gaps)
    except MeasureError as error:
        raise UsageError(str(error)) from None
    chosen = tuple(_best(values[_within(begins, split.train)]) for split in splits)
    histories = [
        _history(values, begins, splits, chosen, path) for path in paths(splits, groups=groups)
    ]
    return Paths(
        groups=groups,
        tested=tested,
        trials=values.shape[1],
        sharpes=tuple(yearly_sharpe(one) for one in histories),
        chosen=chosen,
        returns=tuple(tuple(one.tolist()) for one in histories),
        overfitting=_overfitting(values),
    )


def yearly_sharpe(returns: Floats) -> float:
    """Return the yearly Sharpe ratio of daily returns; 0 where nothing was traded."""
    if len(returns) < 2 or not returns.std(ddof=1) > NO_SPREAD:
        return 0.0
    return float(returns.mean() / returns.std(ddof=1) * math.sqrt(DAYS_PER_YEAR))


def _best(train: Floats) -> int:
    return int(np.argmax([yearly_sharpe(column) for column in train.T]))


def _history(
    values: Floats,
    begins: pd.DatetimeIndex,
    splits: tuple[PurgedSplit, ...],
    chosen: tuple[int, ...],
    path: tuple[int, ...],
) -> Floats:
    """Return the daily returns of a path: each group by the trial of the split that tests it."""
    parts = []
    for group, split in enumerate(path):
        span = splits[split].tests[splits[split].tested.index(group)]
        parts.append(values[_within(begins, (span,)), chosen[split]])
    return np.concatenate(parts)


def _within(begins: pd.DatetimeIndex, spans: Sequence[Span]) -> NDArray[np.bool_]:
    inside = np.zeros(len(begins), dtype=bool)
    for span in spans:
        inside |= np.asarray((begins >= span.start) & (begins < span.end))
    return inside


def _overfitting(values: Floats) -> Overfitting | None:
    try:
        return overfitting(values)
    except MeasureError:
        return None
