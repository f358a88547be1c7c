"""Open interest with and against the price: both sides, and NaN is never a go."""

import numpy as np
import pandas as pd
import pytest

from plimsoll.core import Side
from plimsoll.signals.open_interest import build_up, build_up_ended, flush, standardised_move
from tests.unit.signals.columns import NAN, series, sides


def test_a_standardised_move_by_hand() -> None:
    values = series(1.0, np.exp(0.1), np.exp(0.0), np.exp(0.3))
    changes = [0.1, -0.1, 0.3]
    found = standardised_move(values, over=2, window=3)
    assert found.iloc[3] == pytest.approx(0.2 / (np.std(changes, ddof=1) * np.sqrt(2)))


@pytest.mark.parametrize("broken", [NAN, 0.0, -5.0])
def test_a_value_that_is_missing_or_no_amount_gives_no_move(broken: float) -> None:
    values = pd.Series(100 * np.exp(np.random.default_rng(1).normal(0, 0.01, 50).cumsum()))
    values.iloc[-1] = broken
    assert np.isnan(standardised_move(values, over=4, window=20).iloc[-1])


@sides
def test_a_build_up_is_a_move_that_new_positions_confirm(side: Side) -> None:
    price, interest = series(2, 2, -2, NAN, 2) * side.sign, series(2, 0.5, 2, 2, NAN)
    found = build_up(side=side, price_move=price, interest_move=interest, least=1)
    assert found.tolist() == [True, False, False, False, False]


@sides
def test_a_flush_is_entered_against_the_move(side: Side) -> None:
    price, interest = series(-3, -3, 3, NAN) * side.sign, series(-3, -1, -3, -3)
    found = flush(side=side, price_move=price, interest_move=interest, least=2.5)
    assert found.tolist() == [True, False, False, False]


@sides
def test_a_build_up_ends_when_price_or_interest_turn_and_not_when_unknown(side: Side) -> None:
    price, interest = series(1, -0.1, 1, NAN, 1) * side.sign, series(1, 1, -0.1, NAN, NAN)
    found = build_up_ended(side=side, price_move=price, interest_move=interest)
    assert found.tolist() == [False, True, True, False, False]
