"""How many positions are open."""

from plimsoll.core import Mode
from plimsoll.risk.guards.open_positions import open_positions
from tests.unit.risk.accounts import BTC, PROFILE, account, position, request


def held(count: int):
    return account(positions=[position(f"COIN{index}/USDT:USDT") for index in range(count)])


def test_the_fourth_position_is_allowed() -> None:
    assert open_positions(request(), held(3), PROFILE).mode is Mode.ACTIVE


def test_the_fifth_is_refused() -> None:
    verdict = open_positions(request(), held(4), PROFILE)
    assert verdict.mode is Mode.REDUCING
    assert (verdict.pair, verdict.value, verdict.limit) == (BTC, 4, 4)
    assert verdict.reason == f"{BTC}: 4 open positions reached the limit 4"


def test_an_addition_to_an_open_position_is_no_new_one() -> None:
    assert open_positions(request("COIN0/USDT:USDT"), held(4), PROFILE).mode is Mode.ACTIVE


def test_an_account_with_too_many_adds_to_none() -> None:
    assert open_positions(request("COIN0/USDT:USDT"), held(5), PROFILE).mode is Mode.REDUCING


def test_positions_that_cannot_be_seen_refuse() -> None:
    verdict = open_positions(request(), account(positions=None), PROFILE)
    assert verdict.mode is Mode.REDUCING
    assert (verdict.pair, verdict.limit) == (BTC, 4)
