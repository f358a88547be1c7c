"""How far a position is from being closed by the exchange."""

from datetime import timedelta

import pytest

from plimsoll.core import Mode
from plimsoll.risk.guards.liquidation_distance import liquidation_distance
from tests.unit.risk.accounts import BTC, ETH, NOON, PROFILE, account, fresh, position, short


def judge(*positions, **changes):
    return liquidation_distance(ETH, account(positions=positions, **changes), PROFILE)


def test_a_distance_exactly_at_the_limit_is_far_enough() -> None:
    assert judge(position(liquidation_price=85.0)).mode is Mode.ACTIVE
    assert judge(short(liquidation_price=115.0)).mode is Mode.ACTIVE


@pytest.mark.parametrize(
    "near",
    [position(liquidation_price=85.01), short(liquidation_price=114.99)],
    ids=["long", "short"],
)
def test_a_distance_below_the_limit_closes_that_position(near) -> None:
    verdict = judge(near)
    assert verdict.mode is Mode.FLATTEN
    assert verdict.pair == ETH
    assert verdict.until == NOON + timedelta(seconds=60)
    assert verdict.value == pytest.approx(0.1499)
    assert verdict.limit == 0.15
    assert "14.99% from its liquidation" in verdict.reason
    assert "limit 15.00%" in verdict.reason


def test_the_distance_is_of_the_mark_not_of_the_entry() -> None:
    assert judge(position(mark_price=80.0, liquidation_price=70.0)).mode is Mode.FLATTEN


def test_beyond_liquidation_closes_at_once() -> None:
    verdict = judge(position(mark_price=60.0, liquidation_price=70.0))
    assert verdict.mode is Mode.FLATTEN
    assert verdict.debounced is False


def test_within_the_hard_limit_it_must_be_confirmed() -> None:
    assert judge(position(liquidation_price=89.99)).debounced is True
    assert judge(position(liquidation_price=90.0)).debounced is False


def test_an_implausible_tick_never_closes_at_once() -> None:
    near = position(liquidation_price=99.0)
    assert judge(near, data_health=fresh(ETH, implausible="spike")).debounced is True
    assert judge(near, data_health=fresh(BTC, implausible="spike")).debounced is False
    assert judge(near, data_health=None).debounced is False


def test_other_pairs_are_not_looked_at() -> None:
    assert judge(position(BTC, liquidation_price=99.0), position()).mode is Mode.ACTIVE


def test_the_nearest_of_two_positions_of_a_pair_counts() -> None:
    assert judge(position(), short(liquidation_price=101.0)).mode is Mode.FLATTEN


def test_without_leverage_and_liquidation_price_there_is_none() -> None:
    assert judge(position(liquidation_price=None, leverage=1.0)).mode is Mode.ACTIVE


def test_a_position_without_leverage_is_closed_when_its_liquidation_is_near() -> None:
    assert judge(short(leverage=1.0, liquidation_price=110.0)).mode is Mode.FLATTEN


def test_no_position_is_no_danger() -> None:
    verdict = judge()
    assert verdict.mode is Mode.ACTIVE
    assert verdict.pair == ETH


@pytest.mark.parametrize("bad", [None, float("nan"), float("inf")])
@pytest.mark.parametrize("field", ["mark_price", "liquidation_price"])
def test_what_is_not_known_denies(field: str, bad: float | None) -> None:
    verdict = judge(position(**{field: bad}))
    assert verdict.mode is Mode.REDUCING
    assert verdict.pair == ETH
    assert verdict.limit == 0.15


def test_a_mark_of_nothing_denies() -> None:
    assert judge(position(mark_price=0.0)).mode is Mode.REDUCING


def test_positions_that_cannot_be_seen_deny() -> None:
    verdict = liquidation_distance(ETH, account(positions=None), PROFILE)
    assert verdict.mode is Mode.REDUCING
    assert (verdict.pair, verdict.limit) == (ETH, 0.15)


@pytest.mark.parametrize(("leverage", "mode"), [(1.0, Mode.ACTIVE), (1.5, Mode.REDUCING)])
def test_only_a_position_without_leverage_needs_no_liquidation_price(
    leverage: float, mode: Mode
) -> None:
    verdict = judge(position(leverage=leverage, liquidation_price=None))
    assert (verdict.mode, verdict.pair) == (mode, ETH)
