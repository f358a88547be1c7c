import pytest

from plimsoll.venue.account.positions import Position, trade

FLAT = Position("BTCUSDT", leverage=10)


def test_a_trade_through_zero_closes_and_opens() -> None:
    long = trade(FLAT, 2.0, 100.0, 1)
    assert (long.cash_usd, long.realized_usd) == (-20.0, None)
    turned = trade(long.position, -3.0, 110.0, 2)
    assert turned.realized_usd == pytest.approx(20.0)
    assert turned.cash_usd == pytest.approx(20.0 + 20.0 - 11.0)
    assert (turned.position.amount, turned.position.entry_price) == (-1.0, 110.0)


def test_sums_of_floats_leave_no_dust() -> None:
    held = FLAT
    for amount in (0.1, 0.2, -0.3):
        held = trade(held, amount, 100.0, 1).position
    assert held.amount == 0.0
    assert held.wallet_usd == 0.0
    assert not held.is_open


@pytest.mark.parametrize("amount", [1.0, -1.0, 40.0, -40.0])
def test_at_bankruptcy_the_own_margin_is_lost_whole(amount: float) -> None:
    held = trade(FLAT, amount, 50_000.0, 1).position
    price = held.bankruptcy_price
    assert held.wallet_usd + held.unrealized_usd(price) == pytest.approx(0.0, abs=1e-6)
    assert abs(price - 50_000.0) > abs(held.liquidation_price - 50_000.0)


def test_the_liquidation_price_uses_the_bracket_that_holds_there() -> None:
    short = trade(Position("BTCUSDT", leverage=5), -5.8, 50_000.0, 1).position
    price = short.liquidation_price
    assert 5.8 * 50_000 < 300_000 < 5.8 * price, "it is in another bracket there"
    equity = short.wallet_usd + short.unrealized_usd(price)
    assert equity == pytest.approx(short.maintenance_usd(price), rel=1e-9)


def test_nothing_held_has_no_such_prices() -> None:
    assert (FLAT.liquidation_price, FLAT.bankruptcy_price) == (0.0, 0.0)
