"""Whatever the market: a label is made of later candles only, and missing where they are not."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plimsoll.core import Side
from plimsoll.labels import (
    barrier_direction,
    direction,
    forward_volatility,
    future_interest_change,
    future_regime,
    future_return,
    triple_barrier,
)

ROWS = 60
Label = Callable[[pd.DataFrame, int], pd.Series]
LABELS: dict[str, Label] = {
    "return": lambda frame, h: future_return(frame["close"], horizon_candles=h),
    "direction": lambda frame, h: direction(frame["close"], horizon_candles=h, threshold=0.005),
    "volatility": lambda frame, h: forward_volatility(frame["close"], horizon_candles=h),
    "regime": lambda frame, h: future_regime(frame["close"], horizon_candles=h),
    "interest": lambda frame, h: future_interest_change(frame["interest"], horizon_candles=h),
    "barriers": lambda frame, h: barrier_direction(frame, horizon_candles=h, distance=0.01),
    "long trade": lambda frame, h: triple_barrier(
        frame, side=Side.LONG, horizon_candles=h, target=0.02, stop=0.01
    ),
}
every_label = pytest.mark.parametrize("label", LABELS.values(), ids=LABELS)


def market(seed: int) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(random.normal(0, 0.01, ROWS)))
    high = close * np.exp(np.abs(random.normal(0, 0.006, ROWS)))
    low = close * np.exp(-np.abs(random.normal(0, 0.006, ROWS)))
    interest = 1e6 * np.exp(np.cumsum(random.normal(0, 0.02, ROWS)))
    return pd.DataFrame({"high": high, "low": low, "close": close, "interest": interest})


@every_label
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), row=st.integers(0, ROWS - 1), horizon=st.integers(1, 12))
def test_a_label_tells_nothing_of_what_comes_after_its_horizon(
    label: Label, seed: int, row: int, horizon: int
) -> None:
    frame = market(seed)
    other = pd.concat([frame.iloc[: row + 1], market(seed + 1).iloc[row + 1 :]])
    before, after = label(frame, horizon), label(other, horizon)
    settled = max(row + 1 - horizon, 0)
    pd.testing.assert_series_equal(before.iloc[:settled], after.iloc[:settled])


@every_label
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), row=st.integers(1, ROWS - 1), horizon=st.integers(1, 12))
def test_a_label_tells_nothing_of_what_was_before_its_row(
    label: Label, seed: int, row: int, horizon: int
) -> None:
    frame = market(seed)
    other = pd.concat([market(seed + 1).iloc[:row], frame.iloc[row:]])
    before, after = label(frame, horizon), label(other, horizon)
    if before.dtype == object:
        pd.testing.assert_series_equal(before.iloc[row:], after.iloc[row:])
    else:  # rolling sums carry a rounding along
        assert np.allclose(before.iloc[row:], after.iloc[row:], equal_nan=True, atol=1e-12)


@every_label
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), rows=st.integers(1, ROWS), horizon=st.integers(1, 12))
def test_a_label_is_missing_exactly_where_the_future_is_not_known(
    label: Label, seed: int, rows: int, horizon: int
) -> None:
    found = label(market(seed).iloc[:rows], horizon)
    assert found.isna().tolist() == [row >= rows - horizon for row in range(rows)]
