"""How far the price went against and for a trade."""

import pytest

from plimsoll.performance.excursion import excursions
from tests.unit.performance.frames import hours, trade, trades_frame

INDEX = hours(20)
RATES = {"min_rate": 8.0, "max_rate": 11.0}


@pytest.mark.parametrize(
    ("side", "adverse", "favourable"), [("long", 0.2, 0.1), ("short", 0.1, 0.2)]
)
def test_against_a_long_is_below_and_against_a_short_above(
    side: str, adverse: float, favourable: float
) -> None:
    made = excursions(trades_frame(trade(INDEX[0], INDEX[9], 10.0, 10.5, side=side, **RATES)))
    row = made.iloc[0]
    assert row["adverse_fraction"] == pytest.approx(adverse)
    assert row["favourable_fraction"] == pytest.approx(favourable)
    assert row["profit_fraction"] == pytest.approx(0.05 if side == "long" else -0.05)
    assert row["is_win"] == (side == "long")


def test_a_price_that_never_went_against_is_0_and_an_unknown_one_is_left_out() -> None:
    made = excursions(
        trades_frame(
            trade(INDEX[0], INDEX[9], 10.0, 12.0, min_rate=10.5, max_rate=12.0),
            trade(INDEX[1], INDEX[9], 10.0, 12.0, min_rate=float("nan"), max_rate=12.0),
            trade(INDEX[2], None, 10.0, float("nan"), **RATES),
        )
    )
    assert made.index.tolist() == [0]
    assert made["adverse_fraction"].tolist() == [0.0]
