"""When a portfolio changes, opens and closes a position; NaN is never a go."""

import pytest

from plimsoll.core import Side
from plimsoll.signals.rebalancing import change, worth_closing, worth_opening
from tests.unit.signals.columns import NAN, series, sides


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
