"""Keep what a model learns from apart from what tests it."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from plimsoll.core import PlimsollError


def purged_rows(rows: int, *, horizon_candles: int, embargo_candles: int) -> int:
    """Return how many of the first ``rows`` may be learned from when a test follows them.

    The label of a row is made of the ``horizon_candles`` after it: the last rows before a test
    know the test's own prices and are dropped. The embargo drops as many more, because features
    of neighbouring candles are made of the same candles. Rows are ascending and at least one
    candle apart, so that holes only widen the distance.

    Source: López de Prado (2018), Advances in Financial Machine Learning, section 7.4 (purging
    and embargo), with the test after the training.

    Raises
    ------
    PlimsollError
        When nothing is left, or a number is negative.
    """
    if horizon_candles < 1 or embargo_candles < 0:
        raise PlimsollError(
            f"expected a horizon of 1 or more and an embargo of 0 or more candles, found "
            f"{horizon_candles} and {embargo_candles}"
        )
    left = rows - horizon_candles - embargo_candles
    if left < 1:
        raise PlimsollError(
            f"expected more than {horizon_candles + embargo_candles} rows of training, found "
            f"{rows}; lengthen train_period_days, or lower the horizon or the embargo"
        )
    return left


def purged_folds(
    rows: int, *, folds: int, horizon_candles: int, embargo_candles: int
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Yield the rows to learn from and those to forecast, for each of so many stretches of rows.

    Each row is forecast once, by a model that has learned from no row whose label shares a candle
    with one of the stretch: before it the horizon is left out, after it the horizon and the
    embargo. Before it the embargo is left out too, as everywhere in this package.

    Source: López de Prado (2018), Advances in Financial Machine Learning, section 7.4.

    Raises
    ------
    PlimsollError
        For fewer than 2 folds, or when a fold leaves nothing to learn from.
    """
    numbers = np.arange(rows)
    gap = horizon_candles + embargo_candles
    for held in _stretches(rows, folds):
        before, after = numbers[: max(held[0] - gap, 0)], numbers[held[-1] + 1 + gap :]
        learned = np.concatenate([before, after])
        if not learned.size:
            raise PlimsollError(
                f"expected rows to learn from beside {len(held)} held out and {gap} on either "
                f"side, found {rows} in all; lengthen train_period_days"
            )
        yield learned, held


def forward_folds(
    rows: int, *, folds: int, horizon_candles: int, embargo_candles: int
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Yield the rows to learn from and those to forecast, always later ones.

    The rows are cut into ``folds`` + 1 stretches; each but the first is forecast from all rows
    before it, less those that `purged_rows` leaves out.

    Raises
    ------
    PlimsollError
        For fewer than 2 folds, or when the first leaves nothing to learn from.
    """
    for held in _stretches(rows, folds + 1)[1:]:
        left = purged_rows(
            int(held[0]), horizon_candles=horizon_candles, embargo_candles=embargo_candles
        )
        yield np.arange(left), held


def _stretches(rows: int, count: int) -> list[NDArray[np.intp]]:
    if count < 2 or rows < count:
        raise PlimsollError(
            f"expected 2 folds or more and a row for each, found {count} for {rows} rows"
        )
    return list(np.array_split(np.arange(rows), count))
