"""The notional of one position."""

import pytest

from plimsoll.core import Mode
from plimsoll.risk.guards.position_size import position_size
from tests.unit.risk.accounts import BTC, ETH, NOON, PROFILE, account, position, profile, request

CAP = profile(max_position_usd=300, max_exposure_usd=1000)


def judge(limits=CAP, *, positions=(), pair=BTC, **changes):
    return position_size(request(pair, **changes), account(positions=positions), limits)


def test_a_position_exactly_at_the_cap_is_allowed() -> None:
    assert judge(stake_usd=100.0).mode is Mode.ACTIVE


def test_a_position_above_the_cap_is_refused() -> None:
    verdict = judge(stake_usd=100.01)
    assert verdict.mode is Mode.REDUCING
    assert verdict.pair == BTC
    assert verdict.multiplier == 0
    assert verdict.until is not None
    assert (verdict.until - NOON).total_seconds() == 60
    assert verdict.value == pytest.approx(300.03)
    assert verdict.limit == 300
    assert verdict.reason == f"{BTC}: position of 300.03 USD is above its limit 300.00 USD"


def test_the_tighter_of_fraction_and_usd_holds() -> None:
    tenth = profile(max_position_usd=300, max_position_fraction=0.1)
    assert judge(tenth, stake_usd=100 / 3).mode is Mode.ACTIVE
    assert judge(tenth, stake_usd=34.0).limit == 100


def test_without_an_amount_the_fraction_holds() -> None:
    assert judge(PROFILE, stake_usd=333.0).mode is Mode.ACTIVE
    assert judge(PROFILE, stake_usd=334.0).limit == 1000


def test_what_the_pair_already_holds_counts() -> None:
    held = [position(ETH, amount=2.0), position(BTC, amount=2.0)]
    assert judge(positions=held, stake_usd=100 / 3).mode is Mode.ACTIVE
    assert judge(positions=held, stake_usd=34.0).mode is Mode.REDUCING


@pytest.mark.parametrize("stake", [0.0, -1.0, float("nan"), float("inf")])
def test_a_stake_that_is_none_is_refused(stake: float) -> None:
    verdict = judge(stake_usd=stake)
    assert verdict.mode is Mode.REDUCING
    assert verdict.pair == BTC
    assert verdict.limit == 1


@pytest.mark.parametrize(
    "unknown", [{"positions": None}, {"equity_usd": None}, {"equity_usd": 0.0}]
)
def test_an_account_that_is_not_known_is_refused(unknown: dict) -> None:
    assert position_size(request(), account(**unknown), CAP).mode is Mode.REDUCING
