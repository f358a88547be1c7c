"""The same bet twice."""

import pytest

from plimsoll.core import Mode, Side
from plimsoll.risk.guards.correlation import correlation
from tests.unit.risk.accounts import (
    BTC,
    ETH,
    SOL,
    account,
    position,
    profile,
    request,
    short,
)

PROFILE = profile(max_correlation=0.7)


def judge(found, *positions, limits=PROFILE, **changes):
    return correlation(request(correlations=found, **changes), account(positions=positions), limits)


def test_a_correlation_exactly_at_the_limit_is_allowed() -> None:
    assert judge({ETH: 0.7}, position()).mode is Mode.ACTIVE


def test_a_correlation_above_the_limit_is_refused() -> None:
    verdict = judge({ETH: 0.71}, position())
    assert verdict.mode is Mode.REDUCING
    assert (verdict.pair, verdict.value, verdict.limit) == (BTC, 0.71, 0.7)
    assert verdict.reason == f"{BTC}: correlation 0.710 with open {ETH} is above its limit 0.700"


def test_the_most_correlated_position_is_named() -> None:
    verdict = judge({ETH: 0.9, SOL: 0.8}, position(ETH), position(SOL))
    assert (verdict.value, ETH in verdict.reason) == (0.9, True)
    assert judge({ETH: 0.8, SOL: 0.9}, position(ETH), position(SOL)).value == 0.9


def test_a_hedge_is_allowed_and_its_opposite_is_not() -> None:
    assert judge({ETH: 0.95}, short()).mode is Mode.ACTIVE
    assert judge({ETH: -0.95}, short()).mode is Mode.REDUCING
    assert judge({ETH: 0.95}, short(), side=Side.SHORT).mode is Mode.REDUCING


def test_the_own_position_is_not_compared() -> None:
    assert judge({}, position(BTC)).mode is Mode.ACTIVE
    assert judge({ETH: 0.9}, position(BTC), position(ETH)).mode is Mode.REDUCING


def test_a_flat_account_needs_no_correlation() -> None:
    assert judge(None).mode is Mode.ACTIVE


@pytest.mark.parametrize(
    "found", [None, {}, {ETH: None}, {ETH: float("nan")}, {ETH: 1.01}, {ETH: -1.01}], ids=str
)
def test_a_correlation_that_is_not_known_is_refused(found) -> None:
    verdict = judge(found, position())
    assert verdict.mode is Mode.REDUCING
    assert (verdict.pair, verdict.limit, verdict.value) == (BTC, 0.7, None)


def test_one_is_a_correlation() -> None:
    assert judge({ETH: -1.0}, position()).mode is Mode.ACTIVE
    assert judge({ETH: 1.0}, position(), limits=profile(max_correlation=1)).mode is Mode.ACTIVE


def test_positions_that_cannot_be_seen_refuse() -> None:
    verdict = correlation(request(), account(positions=None), PROFILE)
    assert verdict.mode is Mode.REDUCING
    assert (verdict.pair, verdict.limit) == (BTC, 0.7)
