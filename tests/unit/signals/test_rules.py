"""Rules of single trades and of rebalancing: both sides, and NaN is never a go."""

import numpy as np
import pandas as pd
import pytest

from plimsoll.core import Side
from plimsoll.signals.crossing import momentum_aligned
from plimsoll.signals.holding import begins, held_side
from plimsoll.signals.open_interest import build_up, build_up_ended, flush, standardised_move
from plimsoll.signals.rebalancing import change, worth_closing, worth_opening
from plimsoll.signals.reversion import reverted, smoothed_deviations, stretched

NAN = float("nan")
sides = pytest.mark.parametrize("side", list(Side))


def series(*values: float) -> pd.Series:
    return pd.Series(values, dtype="float64")


def flags(*values: int) -> pd.Series:
    return pd.Series(values, dtype=bool)


# Rebalancing: current, target and tolerance in USD


@pytest.mark.parametrize(
    ("current", "target", "expected"),
    [
        (100, 130, 30),
        (100, 60, -40),
        (-100, -130, -30),
        (-100, -60, 40),
        (100, 120, None),
        (100, 80, None),
        (100, 0, None),
        (100, -50, None),
        (100, NAN, None),
        (NAN, 100, None),
    ],
)
def test_a_position_is_changed_beyond_the_buffer_and_never_turned(
    current: float, target: float, expected: float | None
) -> None:
    assert change(current=current, target=target, tolerance=20) == expected


def test_an_unknown_tolerance_changes_nothing() -> None:
    assert change(current=100, target=200, tolerance=NAN) is None


@sides
def test_a_flat_pair_is_opened_from_the_buffer_on(side: Side) -> None:
    weights = series(0.019, 0.021, 0.05, -0.05, 0.0, NAN, 0.05) * side.sign
    sizes = series(0.1, 0.1, 0.1, 0.1, 0.1, 0.1, NAN)
    found = worth_opening(side, weights, sizes, buffer=0.2)
    assert found.tolist() == [False, True, True, False, False, False, False]


@sides
def test_a_position_is_closed_at_zero_and_beyond_but_not_without_an_opinion(side: Side) -> None:
    weights = series(0.01, 0.0, -0.01, NAN) * side.sign
    assert worth_closing(side, weights).tolist() == [False, True, True, False]


# What is held


def test_begins_marks_the_first_of_each_run() -> None:
    assert begins(flags(1, 1, 0, 1, 0)).tolist() == [True, False, False, True, False]


def test_a_side_is_held_from_its_entry_to_its_exit() -> None:
    found = held_side(
        long_entry=flags(0, 1, 0, 0, 0, 0),
        short_entry=flags(0, 0, 1, 0, 1, 0),
        long_exit=flags(0, 0, 0, 1, 0, 0),
        short_exit=flags(1, 1, 1, 0, 0, 1),
    )
    # The short entry of the third candle finds a long, which only the fourth ends.
    assert found.tolist() == [0, 1, 1, 0, -1, 0]


def test_an_exit_makes_room_for_the_other_side_at_once() -> None:
    found = held_side(
        long_entry=flags(1, 0),
        short_entry=flags(0, 1),
        long_exit=flags(0, 1),
        short_exit=flags(0, 0),
    )
    assert found.tolist() == [1, -1]


# Momentum and reversion


@sides
def test_momentum_needs_averages_and_oscillator_on_its_side(side: Side) -> None:
    gap = series(0.1, 0.1, -0.1, NAN, 0.1) * side.sign
    rsi = 50 + series(6, 4, 6, 6, NAN) * side.sign
    found = momentum_aligned(side=side, gap=gap, strength=rsi, level=55)
    assert found.tolist() == [True, False, False, False, False]


@sides
def test_a_stretch_counts_only_in_a_range(side: Side) -> None:
    deviations = series(-3, -2, -3, NAN, 3) * side.sign
    adx = series(15, 15, 25, 15, 15)
    found = stretched(side=side, deviations=deviations, strength=adx, least=2.5, max_strength=20)
    assert found.tolist() == [True, False, False, False, False]
    back = reverted(side=side, deviations=series(-0.1, 0.0, 0.1, NAN) * side.sign)
    assert back.tolist() == [False, True, True, False]


def test_smoothed_deviations_by_hand() -> None:
    values = series(1, 3, 2, 6)
    # Means of two: 2, 2.5, 4; the last one from the mean of the three in their deviations.
    found = smoothed_deviations(values, smooth=2, window=3)
    assert found.iloc[3] == pytest.approx((4 - 17 / 6) / np.std([2, 2.5, 4], ddof=1))


# Open interest


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
