"""The coefficients of the market's answer."""

import pytest
from pydantic import ValidationError

from plimsoll.execution.settings import ExecutionSettings, OrderKind


def test_the_defaults_are_the_square_root_law_alone_and_market_orders() -> None:
    made = ExecutionSettings()
    assert (made.impact_coefficient, made.depth_order_usd) == (1.0, None)
    assert made.entry_orders is made.exit_orders is OrderKind.MARKET


@pytest.mark.parametrize(
    "wrong",
    [
        {"impact_coefficient": -1},
        {"participation_fraction": 0},
        {"participation_fraction": 1.5},
        {"depth_order_usd": 0},
        {"impact_coefficient": float("nan")},
        {"impact_coeficient": 1},
    ],
)
def test_a_coefficient_that_no_market_has_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        ExecutionSettings(**wrong)
