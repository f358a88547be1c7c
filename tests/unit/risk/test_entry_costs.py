"""Spread, liquidity and the cost of the round trip."""

import pytest

from plimsoll.core import Mode, Side
from plimsoll.risk.guards.liquidity import liquidity
from plimsoll.risk.guards.round_trip_cost import round_trip_cost
from plimsoll.risk.guards.spread import spread
from tests.unit.risk.accounts import BTC, PROFILE, account, profile, request

THIN = profile(max_liquidity_share_fraction=0.01)


def test_a_spread_exactly_at_the_limit_is_crossed() -> None:
    assert spread(request(spread_fraction=0.001), account(), PROFILE).mode is Mode.ACTIVE
    assert spread(request(spread_fraction=0.0), account(), PROFILE).mode is Mode.ACTIVE


def test_a_wider_spread_is_refused() -> None:
    verdict = spread(request(spread_fraction=0.0011), account(), PROFILE)
    assert verdict.mode is Mode.REDUCING
    assert (verdict.pair, verdict.value, verdict.limit) == (BTC, 0.0011, 0.001)
    assert verdict.reason == f"{BTC}: spread of 0.1100% is above its limit 0.1000%"


@pytest.mark.parametrize("found", [None, float("nan"), float("inf"), -0.0001])
def test_a_spread_that_is_not_known_is_refused(found: float | None) -> None:
    verdict = spread(request(spread_fraction=found), account(), PROFILE)
    assert verdict.mode is Mode.REDUCING
    assert (verdict.pair, verdict.limit) == (BTC, 0.001)


def test_the_spread_limit_can_be_switched_off() -> None:
    off = profile(max_spread_fraction=None)
    assert spread(request(spread_fraction=None), account(), off).mode is Mode.ACTIVE


def test_an_order_exactly_at_its_share_of_the_market_is_sent() -> None:
    assert liquidity(request(liquidity_usd=30_000.0), account(), THIN).mode is Mode.ACTIVE


def test_an_order_too_large_for_the_market_is_refused() -> None:
    verdict = liquidity(request(liquidity_usd=29_000.0), account(), THIN)
    assert verdict.mode is Mode.REDUCING
    assert verdict.pair == BTC
    assert verdict.value == pytest.approx(300 / 29_000)
    assert verdict.limit == 0.01
    assert "1.03% of the 29000 USD offered is above its limit 1.00%" in verdict.reason


@pytest.mark.parametrize(
    "broken", [{"liquidity_usd": None}, {"liquidity_usd": 0.0}, {"stake_usd": -1.0}], ids=str
)
def test_a_market_that_is_not_known_is_refused(broken: dict) -> None:
    verdict = liquidity(request(**broken), account(), THIN)
    assert verdict.mode is Mode.REDUCING
    assert (verdict.pair, verdict.limit) == (BTC, 0.01)


def test_the_liquidity_limit_is_off_by_default() -> None:
    assert liquidity(request(liquidity_usd=None), account(), PROFILE).mode is Mode.ACTIVE


def costs(limits=PROFILE, **changes):
    return round_trip_cost(request(**changes), account(), limits)


def exact_target(cost: float, sign: int = 1) -> float:
    """The price at which the gain is the cost of both fills."""
    return 100 * (1 + sign * cost) / (1 - sign * cost)


@pytest.mark.parametrize(("side", "sign"), [(Side.LONG, 1), (Side.SHORT, -1)])
def test_a_target_that_pays_exactly_for_the_round_trip_is_allowed(side: Side, sign: int) -> None:
    target = exact_target(0.0007, sign)
    assert costs(side=side, target_price=target).mode is Mode.ACTIVE
    assert costs(side=side, target_price=target - sign * 0.001).mode is Mode.REDUCING


def test_a_thinner_target_is_refused_with_both_numbers() -> None:
    verdict = costs(target_price=100.1)
    assert verdict.mode is Mode.REDUCING
    assert verdict.pair == BTC
    assert verdict.value == pytest.approx(0.1 / (0.0007 * 200.1))
    assert verdict.limit == 1
    assert "profit of 0.100% at the target is 0.71 times the round trip of 0.140%" in verdict.reason
    assert "limit 1.00" in verdict.reason


def test_a_profile_may_ask_for_more() -> None:
    assert costs(profile(min_target_to_cost=3), target_price=100.43).mode is Mode.ACTIVE
    assert costs(profile(min_target_to_cost=3), target_price=100.42).mode is Mode.REDUCING


def test_a_target_on_the_losing_side_is_refused() -> None:
    assert costs(target_price=99.0).mode is Mode.REDUCING
    verdict = costs(target_price=100.0, fill_cost_fraction=0.0)
    assert verdict.mode is Mode.REDUCING
    assert verdict.value == 0
    assert costs(target_price=100.01, fill_cost_fraction=0.0).mode is Mode.ACTIVE


def test_an_entry_without_a_target_is_not_held_to_it() -> None:
    assert costs(target_price=None).mode is Mode.ACTIVE


@pytest.mark.parametrize(
    "broken",
    [
        {"price": 0.0},
        {"price": float("nan")},
        {"target_price": 0.0},
        {"target_price": float("inf")},
        {"fill_cost_fraction": -0.1},
        {"fill_cost_fraction": float("nan")},
    ],
    ids=str,
)
def test_numbers_that_are_not_known_refuse(broken: dict) -> None:
    verdict = costs(**broken)
    assert verdict.mode is Mode.REDUCING
    assert (verdict.pair, verdict.limit, verdict.value) == (BTC, 1, None)
