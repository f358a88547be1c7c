"""Purging: no label of a training row is made of a test row's price."""

import numpy as np
import pandas as pd
import pytest

from plimsoll.core import PlimsollError
from plimsoll.labels import future_return, purged_rows


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
