"""What of a state the market says, from candles."""

import numpy as np
import pandas as pd
import pytest

from plimsoll.core import PlimsollError
from plimsoll.features import table
from plimsoll.learning.market import SIGNALS
from plimsoll.learning.signals import (
    BUILD_UP,
    MOMENTUM,
    VOLATILITY,
    Inputs,
    rise_probability,
    with_signals,
)
from tests.unit.learning.markets import wild_candles

ALONE = Inputs(funding=False)
ALL = Inputs(forecast=True, interest=True, funding=True)


def candles() -> pd.DataFrame:
    frame = wild_candles(4, rows=500).drop(columns=["oi_signal", "market_regime"])
    return frame.assign(open_interest=1e6 * np.exp(np.cumsum(np.full(500, 1e-4))))


def test_signals_are_registered_features() -> None:
    frame = candles()
    found = with_signals(frame, ALL)
    known = table(frame, ALL.uses())
    assert found["price_momentum"].equals(known[MOMENTUM.column].rename("price_momentum"))
    assert found["volatility"].equals(known[VOLATILITY.column].rename("volatility"))
    assert found["oi_signal"].equals(known[BUILD_UP.column].rename("oi_signal"))
    assert found["ml_signal"].equals(frame["ml_signal"])
    assert set(found["market_regime"].dropna()) == {0.0, 1.0, 2.0}
    after = found.iloc[ALL.lookback_candles :]
    assert after[list(SIGNALS)].notna().all(axis=None)


def test_what_an_agent_has_not_is_a_constant() -> None:
    found = with_signals(candles(), ALONE)
    assert (found["ml_signal"] == 0.5).all()
    assert (found["oi_signal"] == 0).all()
    assert (found["funding_rate"] == 0).all()
    assert (found["funding_paid"] == 0).all()


def test_an_unknown_regime_is_not_calm() -> None:
    assert with_signals(candles(), ALONE)["market_regime"].iloc[:48].isna().all()


@pytest.mark.parametrize(
    ("column", "inputs"),
    [
        ("ml_signal", Inputs(forecast=True)),
        ("open_interest", Inputs(interest=True)),
        ("funding_paid", Inputs()),
    ],
)
def test_data_that_is_missing_is_named(column: str, inputs: Inputs) -> None:
    with pytest.raises(PlimsollError, match=f"expected candles with {column}"):
        with_signals(candles().drop(columns=column), inputs)


def test_no_signal_depends_on_a_later_candle() -> None:
    frame = candles()
    shorter = with_signals(frame.iloc[:450], ALL)[list(SIGNALS)]
    longer = with_signals(frame, ALL)[list(SIGNALS)].iloc[:450]
    pd.testing.assert_frame_equal(shorter, longer)


def test_the_probability_of_a_rise_is_that_of_up_and_half_of_flat() -> None:
    up, flat, down = 0.5, 0.3, 0.2
    assert rise_probability(pd.Series([up - down])).tolist() == pytest.approx([up + flat / 2])
    assert rise_probability(pd.Series([0.0, 1.0, -1.0])).tolist() == [0.5, 1.0, 0.0]
