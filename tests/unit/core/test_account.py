from plimsoll.core import Side
from tests.unit.risk.accounts import BTC, ETH, SOL, account, fresh, position, short


def test_an_account_knows_its_pairs_once_each() -> None:
    snapshot = account(positions=[position(SOL), short(ETH)], data_health=fresh(BTC, ETH))
    assert snapshot.pairs() == [SOL, ETH, BTC]
    assert account(positions=None, data_health=None).pairs() == []


def test_an_account_finds_the_position_of_a_pair() -> None:
    snapshot = account(positions=[position(SOL), short(ETH)])
    held = snapshot.position(ETH)
    assert held is not None
    assert held.side is Side.SHORT
    assert snapshot.position(BTC) is None
    assert account(positions=None).position(BTC) is None
