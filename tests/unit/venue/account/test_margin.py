import pytest

from plimsoll.venue.account.margin import (
    check_leverage,
    fillable,
    free_usd,
    held_by_orders,
    notional_cap,
    opening,
)
from plimsoll.venue.errors import ApiError
from plimsoll.venue.exchange import Exchange
from tests.unit.venue.account.orders import BTC, draft, rich, submit
from tests.unit.venue.markets import NOW_MS


@pytest.fixture
def long() -> Exchange:
    """An exchange whose account is long of 2 BTC from 50,000 USD at tenfold leverage."""
    exchange = rich()
    exchange.account.set_leverage(BTC, 10)
    exchange.account.fill(1, BTC, "BUY", 50_000.0, 2.0, NOW_MS, is_maker=False)
    return exchange


def test_a_reduce_only_order_fills_what_is_held_and_nothing_on_the_same_side(
    long: Exchange,
) -> None:
    assert fillable(long.account, draft(long, "SELL", "LIMIT", 5.0, reduce_only=True)) == 2.0
    assert fillable(long.account, draft(long, "BUY", "LIMIT", 5.0, reduce_only=True)) == 0.0
    assert fillable(long.account, draft(long, "SELL", "LIMIT", 5.0)) == 5.0
    assert opening(long.account, draft(long, "SELL", "LIMIT", 5.0), 5.0) == 3.0


def test_what_would_only_close_holds_no_margin_and_the_larger_side_counts(long: Exchange) -> None:
    price = round(long.snapshot(BTC, NOW_MS).last * 1.2, 1)
    before = free_usd(long.account)
    submit(long, "SELL", "LIMIT", 2.0, price=price)
    assert free_usd(long.account) == before
    submit(long, "SELL", "LIMIT", 2.0, price=price)
    assert held_by_orders(long.account, BTC) == pytest.approx(2 * price / 10)
    submit(long, "BUY", "LIMIT", 0.01, price=30_000.0)
    assert held_by_orders(long.account, BTC) == pytest.approx(2 * price / 10)


def test_an_order_beyond_the_bracket_of_its_leverage_is_refused() -> None:
    exchange = rich()
    exchange.account.set_leverage(BTC, 125)
    last = exchange.snapshot(BTC, NOW_MS).last
    most = notional_cap(BTC, 125) / last
    submit(exchange, "BUY", "LIMIT", round(most * 0.6, 3), price=round(last * 0.9, 1))
    with pytest.raises(ApiError) as refused:
        submit(exchange, "BUY", "MARKET", round(most * 0.6, 3))
    assert refused.value.code == -2027
    exchange.account.set_leverage(BTC, 100)
    submit(exchange, "BUY", "MARKET", round(most * 0.6, 3))


@pytest.mark.parametrize(
    ("leverage", "code"), [(0, -4028), (151, -4028), (9, -4161), (10, None), (20, None)]
)
def test_an_open_position_keeps_its_leverage_or_gets_more(
    long: Exchange, leverage: int, code: int | None
) -> None:
    if code is None:
        check_leverage(long.account, BTC, leverage, 50_000.0)
        return
    with pytest.raises(ApiError) as refused:
        check_leverage(long.account, BTC, leverage, 50_000.0)
    assert refused.value.code == code


def test_a_leverage_whose_bracket_the_position_exceeds_is_refused(long: Exchange) -> None:
    with pytest.raises(ApiError) as refused:
        check_leverage(long.account, BTC, 125, 200_000.0)
    assert refused.value.code == -2027
