"""From probabilities to a side, and the account of what came of it."""

import numpy as np
import pandas as pd
import pytest

from plimsoll.core import Side
from plimsoll.signals.model import (
    call_results,
    lean,
    lean_of_return,
    leans,
    recent_calls,
    turned,
)


def test_lean_is_up_less_down_where_trusted() -> None:
    found = lean(
        up=pd.Series([0.5, 0.5, np.nan]),
        down=pd.Series([0.2, 0.2, 0.2]),
        trusted=pd.Series([True, False, True]),
    )
    assert found.tolist() == pytest.approx([0.3, 0.0, 0.0])


def test_a_return_leans_by_how_much_likelier_a_rise_is_than_a_fall() -> None:
    found = lean_of_return(
        pd.Series([0.0, 0.005, -0.005, 0.02, 0.02, np.nan, 0.02]),
        error=pd.Series([0.01, 0.01, 0.01, 0.01, 0.0, 0.01, np.nan]),
        threshold=0.005,
        trusted=pd.Series(True, range(7)),
    )
    # Half of it above the threshold, and one deviation further to the other side: 0.1587.
    assert found.iloc[:3].tolist() == pytest.approx([0.0, 0.5 - 0.1587, 0.1587 - 0.5], abs=1e-4)
    assert 0.9 < found.iloc[3] < 1.0
    assert found.iloc[4:].tolist() == [0.0, 0.0, 0.0]


def test_a_return_that_is_not_trusted_does_not_lean() -> None:
    one = pd.Series([0.02])
    found = lean_of_return(one, error=one, threshold=0.005, trusted=pd.Series([False]))
    assert found.tolist() == [0.0]


def test_both_sides_lean_by_the_same_rule() -> None:
    leaning = pd.Series([0.3, -0.3, 0.0])
    assert leans(side=Side.LONG, lean=leaning, least=0.3).tolist() == [True, False, False]
    assert leans(side=Side.SHORT, lean=leaning, least=0.3).tolist() == [False, True, False]


def test_no_forecast_is_no_reason_to_stay() -> None:
    leaning = pd.Series([0.1, 0.0, -0.1])
    assert turned(side=Side.LONG, lean=leaning).tolist() == [False, True, True]
    assert turned(side=Side.SHORT, lean=leaning).tolist() == [True, True, False]


def test_a_call_falls_due_after_the_horizon() -> None:
    found = call_results(
        lean=pd.Series([0.3, -0.3, 0.1, 0.3, 0.0]),
        close=pd.Series([100.0, 100.0, 101.0, 101.0, 101.0]),
        horizon_candles=2,
        least=0.2,
    )
    # Row 2: the rise called on row 0 came. Row 3: the fall called on row 1 did not.
    assert found.iloc[2:4].tolist() == [1.0, 0.0]
    # Nothing was due before, and row 2 made no call.
    assert found.iloc[[0, 1, 4]].isna().all()


def test_a_price_that_did_not_move_proves_a_call_wrong() -> None:
    flat = pd.Series([100.0, 100.0])
    found = call_results(lean=pd.Series([0.3, 0.0]), close=flat, horizon_candles=1, least=0.2)
    assert found.iloc[1] == 0.0


def test_results_never_see_the_future() -> None:
    rng = np.random.default_rng(3)
    leaning, close = pd.Series(rng.uniform(-1, 1, 300)), pd.Series(rng.lognormal(0, 0.1, 300))
    whole = call_results(lean=leaning, close=close, horizon_candles=4, least=0.2)
    part = call_results(lean=leaning[:200], close=close[:200], horizon_candles=4, least=0.2)
    assert whole[:200].equals(part)
    assert recent_calls(whole, latest=20)[:200].equals(recent_calls(part, latest=20))


def test_recent_calls_count_the_latest_results_only() -> None:
    results = pd.Series([np.nan, 0.0, np.nan, 1.0, 1.0, np.nan])
    found = recent_calls(results, latest=2)
    assert found["right"].tolist() == [0.0, 0.0, 0.0, 1.0, 2.0, 2.0]
    assert found["calls"].tolist() == [0.0, 1.0, 1.0, 2.0, 2.0, 2.0]
