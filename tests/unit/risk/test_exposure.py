"""The notional of all positions together."""

import pytest

from plimsoll.core import Mode
from plimsoll.risk.guards.exposure import exposure
from tests.unit.risk.accounts import BTC, ETH, PROFILE, SOL, account, position, profile, request

CAP = profile(max_exposure_usd=500)
HELD = (position(ETH), position(SOL))


def judge(limits=CAP, *, positions=HELD, **changes):
    return exposure(request(**changes), account(positions=positions), limits)


def test_a_total_exactly_at_the_cap_is_allowed() -> None:
    assert judge().mode is Mode.ACTIVE


def test_a_total_above_the_cap_is_refused() -> None:
    verdict = judge(stake_usd=101.0)
    assert verdict.mode is Mode.REDUCING
    assert (verdict.pair, verdict.value, verdict.limit) == (BTC, 503, 500)
    assert verdict.reason == f"{BTC}: total exposure of 503.00 USD is above its limit 500.00 USD"


def test_the_tighter_of_fraction_and_usd_holds() -> None:
    tight = profile(max_exposure_usd=500, max_exposure_fraction=0.4, max_position_fraction=0.4)
    assert judge(tight).limit == 400
    assert judge(PROFILE, stake_usd=934.0).limit == 3000
    assert judge(PROFILE, stake_usd=933.0).mode is Mode.ACTIVE


def test_a_position_counts_at_the_larger_of_entry_and_mark() -> None:
    risen = [position(mark_price=200.0), position(SOL)]
    fallen = [position(mark_price=50.0), position(SOL)]
    assert judge(positions=risen).mode is Mode.REDUCING
    assert judge(positions=fallen, stake_usd=101.0).mode is Mode.REDUCING
    assert judge(positions=[position(mark_price=None), position(SOL)]).mode is Mode.ACTIVE


@pytest.mark.parametrize("mark", [float("nan"), float("inf")])
def test_a_mark_that_is_not_finite_is_refused(mark: float) -> None:
    verdict = judge(positions=[position(mark_price=mark)])
    assert verdict.mode is Mode.REDUCING
    assert (verdict.pair, verdict.limit) == (BTC, 3)


@pytest.mark.parametrize("unknown", [{"positions": None}, {"equity_usd": float("nan")}])
def test_an_account_that_is_not_known_is_refused(unknown: dict) -> None:
    assert exposure(request(), account(**unknown), CAP).mode is Mode.REDUCING


def test_a_size_below_zero_does_not_make_room() -> None:
    assert judge(positions=[position(amount=-1.0)]).mode is Mode.REDUCING


def test_a_stake_below_zero_is_refused() -> None:
    assert judge(stake_usd=-10.0).mode is Mode.REDUCING
