"""How far from the mark an order's price may be."""

import pytest

from plimsoll.core import Mode, Side
from plimsoll.risk.guards.price_collar import price_collar
from tests.unit.risk.accounts import BTC, PROFILE, account, profile, request


@pytest.mark.parametrize("price", [98.0, 100.0, 102.0])
def test_a_price_exactly_at_the_limit_is_sent(price: float) -> None:
    assert price_collar(request(price=price), account(), PROFILE).mode is Mode.ACTIVE


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("price", [97.9, 102.1, 1000.0, 10.0])
def test_a_price_beyond_it_is_refused_on_either_side_of_the_mark(price: float, side: Side) -> None:
    verdict = price_collar(request(price=price, side=side), account(), PROFILE)
    assert (verdict.mode, verdict.pair, verdict.limit) == (Mode.REDUCING, BTC, 0.02)
    assert verdict.value == pytest.approx(abs(price / 100 - 1))


def test_the_reason_names_price_mark_distance_and_limit() -> None:
    verdict = price_collar(request(price=110.0), account(), PROFILE)
    assert verdict.reason == f"{BTC}: 110 is 10.00% from the mark 100, above its limit 2.00%"


@pytest.mark.parametrize("found", [None, float("nan"), float("inf"), 0.0, -1.0])
def test_a_mark_that_is_not_known_is_refused(found: float | None) -> None:
    verdict = price_collar(request(mark_price=found), account(), PROFILE)
    assert (verdict.mode, verdict.pair, verdict.limit) == (Mode.REDUCING, BTC, 0.02)


def test_the_collar_can_be_taken_off() -> None:
    off = profile(max_price_deviation_fraction=None)
    assert price_collar(request(price=1.0, mark_price=None), account(), off).mode is Mode.ACTIVE
