"""Purging: no label of a training row is made of a test row's price."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from plimsoll.core import PlimsollError
from plimsoll.labels import forward_folds, future_return, purged_folds, purged_rows


@pytest.mark.parametrize("horizon", [1, 4, 24])
def test_no_purged_row_knows_a_price_of_the_test(horizon: int) -> None:
    close = pd.Series(np.random.default_rng(1).lognormal(0, 0.1, 200))
    changed = close.where(close.index < 150, 1.0)
    before, after = (future_return(one, horizon_candles=horizon) for one in (close, changed))
    last = purged_rows(150, horizon_candles=horizon, embargo_candles=0)
    assert before.iloc[:last].equals(after.iloc[:last])
    assert before.iloc[last] != after.iloc[last]


def test_the_embargo_comes_on_top() -> None:
    assert purged_rows(100, horizon_candles=4, embargo_candles=24) == 72


def test_nothing_left_to_learn_from_is_refused_with_the_remedy() -> None:
    with pytest.raises(PlimsollError, match=r"expected more than 28 rows.*lengthen"):
        purged_rows(28, horizon_candles=4, embargo_candles=24)


@pytest.mark.parametrize(("horizon", "embargo"), [(0, 0), (4, -1)])
def test_a_purge_that_would_leak_is_refused(horizon: int, embargo: int) -> None:
    with pytest.raises(PlimsollError, match="expected a horizon of 1"):
        purged_rows(100, horizon_candles=horizon, embargo_candles=embargo)


def test_each_row_is_forecast_once_by_a_model_that_shares_no_candle_with_it() -> None:
    held_rows = []
    for learned, held in purged_folds(200, folds=4, horizon_candles=4, embargo_candles=10):
        distance = np.abs(learned[:, None] - held[None, :])
        assert distance.min() == 15
        assert len(learned) >= 200 - len(held) - 2 * 14
        held_rows += held.tolist()
    assert held_rows == list(range(200))


def test_forward_folds_learn_only_from_what_came_before() -> None:
    found = list(forward_folds(100, folds=4, horizon_candles=4, embargo_candles=2))
    assert [len(learned) for learned, _ in found] == [14, 34, 54, 74]
    assert all(learned[-1] + 4 + 2 < held[0] for learned, held in found)
    assert found[-1][1].tolist() == list(range(80, 100))


@pytest.mark.parametrize("folded", [purged_folds, forward_folds])
@pytest.mark.parametrize(("rows", "folds"), [(30, 2), (1, 2), (100, 0)])
def test_folds_that_leave_nothing_to_learn_are_refused(
    folded: Callable[..., object], rows: int, folds: int
) -> None:
    with pytest.raises(PlimsollError, match="expected"):
        list(folded(rows, folds=folds, horizon_candles=4, embargo_candles=24))
