"""Open positions: size, profit and heat."""

from math import isnan

import pytest

from plimsoll.core import Position
from tests.unit.risk.accounts import position, short

NAN = float("nan")


def test_profit_has_the_sign_of_the_side() -> None:
    assert position(amount=2.0, mark_price=101.0).unrealised_usd == 2
    assert short(amount=2.0, mark_price=101.0).unrealised_usd == -2
    assert position(mark_price=None).unrealised_usd is None


@pytest.mark.parametrize(("mark", "notional"), [(110.0, 220.0), (90.0, 200.0), (None, 200.0)])
def test_size_is_that_of_the_larger_price(mark: float | None, notional: float) -> None:
    assert position(amount=2.0, mark_price=mark).notional_usd == notional


@pytest.mark.parametrize(
    ("held", "risk"),
    [
        (position(amount=2.0), 2),
        (position(amount=2.0, mark_price=99.5), 2),
        (position(amount=2.0, mark_price=103.0), 8),
        (position(mark_price=120.0, stop_price=130.0), 0),
        (position(mark_price=None), 1),
        (short(amount=2.0), 2),
        (short(amount=2.0, mark_price=97.0), 8),
        (position(stop_price=None, margin_usd=33.0), 33),
        (position(stop_price=None, margin_usd=None), None),
    ],
)
def test_heat_is_the_larger_of_planned_and_possible_loss(held: Position, risk: float) -> None:
    assert held.risk_usd == risk


@pytest.mark.parametrize("field", ["mark_price", "stop_price", "entry_price", "amount"])
def test_a_number_that_is_none_is_never_dropped(field: str) -> None:
    broken = position(**{field: NAN})
    assert broken.risk_usd is not None
    assert isnan(broken.risk_usd)
    if field != "stop_price":
        assert isnan(broken.notional_usd)
