import pytest

from plimsoll.champions.shadow import position_after


@pytest.mark.parametrize(
    ("held", "lean", "position"),
    [
        (0, 0.15, 1),
        (0, -0.15, -1),
        (0, 0.14, 0),
        (1, 0.01, 1),
        (1, 0.0, 0),
        (1, -0.01, 0),
        (1, -0.2, -1),
        (-1, -0.01, -1),
        (-1, 0.01, 0),
        (None, 0.01, 0),
        (None, 0.2, 1),
    ],
)
def test_a_position_is_entered_at_the_least_lean_and_left_when_it_is_gone(
    held: int | None, lean: float, position: int
) -> None:
    assert position_after(held, lean, 0.15) == position


@pytest.mark.parametrize("lean", [None, float("nan"), float("inf")])
def test_a_lean_that_is_no_number_is_no_forecast(lean: float | None) -> None:
    assert position_after(1, lean, 0.15) is None
