"""Labels of volatility, regime and open interest, by hand."""

import numpy as np
import pandas as pd
import pytest

from plimsoll.core import PlimsollError
from plimsoll.labels import forward_volatility, future_interest_change, future_regime


def test_forward_volatility_is_of_the_candles_after_the_row() -> None:
    close = pd.Series(np.exp([0.5, 0.0, 0.03, -0.01, 0.0]))
    found = forward_volatility(close, horizon_candles=2)
    assert found.iloc[1] == pytest.approx(np.sqrt((0.03**2 + 0.04**2) / 2))
    assert found.iloc[2] == pytest.approx(np.sqrt((0.04**2 + 0.01**2) / 2))
    assert found.isna().tolist() == [False, False, False, True, True]


def test_a_missing_close_in_the_horizon_is_no_volatility() -> None:
    close = pd.Series([1.0, 1.0, np.nan, 1.0, 1.0, 1.0])
    found = forward_volatility(close, horizon_candles=1)
    assert found.isna().tolist() == [False, True, True, False, False, True]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ([101.0, 102.0, 103.0], "bull"),
        ([99.0, 98.0, 97.0], "bear"),
        ([105.0, 96.0, 100.5], "sideways"),
        ([100.0, 100.0, 100.0], "sideways"),
        ([89.0, 100.0, 110.0], "crash"),
    ],
)
def test_a_regime_is_named_after_what_follows(after: list[float], expected: str) -> None:
    found = future_regime(pd.Series([100.0, *after]), horizon_candles=3)
    assert found.iloc[0] == expected
    assert found.iloc[1:].isna().all()


@pytest.mark.parametrize("bad", [{"least_efficiency": 1.1}, {"crash_fraction": 0.0}])
def test_limits_that_name_nothing_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(PlimsollError, match="expected an efficiency between 0 and 1"):
        future_regime(pd.Series([1.0, 2.0]), horizon_candles=1, **bad)


def test_the_change_of_open_interest_is_a_fraction() -> None:
    interest = pd.Series([100.0, 0.0, 110.0, np.nan, 99.0])
    found = future_interest_change(interest, horizon_candles=2)
    assert found.iloc[0] == pytest.approx(0.1)
    assert found.iloc[2] == pytest.approx(-0.1)
    assert found.isna().tolist() == [False, True, False, True, True]
