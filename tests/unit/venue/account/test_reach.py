import numpy as np

from plimsoll.venue.account.reach import DELEVERAGE, LIQUIDATION, ORDER, Walk
from plimsoll.venue.account.walking import Path
from plimsoll.venue.exchange import Exchange
from plimsoll.venue.market.intervals import INTERVALS
from tests.unit.venue.account.orders import BTC, draft, rich
from tests.unit.venue.markets import NOW_MS

MINUTE = INTERVALS["1m"]


def walk(exchange: Exchange, *prices: float) -> Walk:
    times = NOW_MS + np.arange(len(prices), dtype=np.int64) * 60_000
    path = Path(times, np.log(prices), np.log(np.array(prices) * 0.99), 0.05)
    return Walk(BTC, path, exchange.account, MINUTE)


def test_the_nearest_is_next_and_a_mark_price_order_follows_the_mark() -> None:
    exchange = rich()
    for level, working_type in ((101.0, "CONTRACT_PRICE"), (99.2, "MARK_PRICE")):
        order = draft(
            exchange, "BUY", "STOP_MARKET", 1.0, trigger_price=level, working_type=working_type
        )
        exchange.account.orders.add(order)
    path = walk(exchange, 100.0, 100.5, 102.0)
    first = path.next(NOW_MS)
    assert first is not None
    assert (first.cause, first.price) == (ORDER, 99.2)
    assert first.order is not None
    first.order.status = "FILLED"
    exchange.account.orders.refresh(first.order)
    path.forget()
    second = path.next(first.at)
    assert second is not None
    assert second.price == 101.0


def test_an_order_that_waits_is_left_alone_until_the_next_candle() -> None:
    exchange = rich()
    order = draft(exchange, "BUY", "LIMIT", 1.0, price=100.0)
    exchange.account.orders.add(order)
    path = walk(exchange, 99.0, 99.0, 99.0)
    first = path.next(NOW_MS)
    assert first is not None
    assert first.at == NOW_MS
    path.wait(order, NOW_MS)
    again = path.next(NOW_MS)
    assert again is not None
    assert again.at == MINUTE.close_ms(MINUTE.open_ms(NOW_MS))


def test_liquidation_comes_on_one_side_and_deleveraging_without_a_fund_on_the_other() -> None:
    for fund, price, cause in ((1e9, 70.0, LIQUIDATION), (0.0, 140.0, DELEVERAGE)):
        exchange = rich(insurance_usd=fund)
        exchange.account.set_leverage(BTC, 5)
        exchange.account.fill(1, BTC, "BUY", 100.0, 1.0, NOW_MS, is_maker=False)
        reached = walk(exchange, 100.0, price).next(NOW_MS)
        assert reached is not None
        assert reached.cause == cause
    rising = rich()
    rising.account.fill(1, BTC, "BUY", 100.0, 1.0, NOW_MS, is_maker=False)
    assert walk(rising, 100.0, 140.0).next(NOW_MS) is None, "the fund pays"
