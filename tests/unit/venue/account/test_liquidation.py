from dataclasses import replace

import numpy as np
import pytest

from plimsoll.venue.account import events as happened
from plimsoll.venue.account.events import Event
from plimsoll.venue.account.liquidation import LIQUIDATION_FEE_FRACTION, deleverage_price
from plimsoll.venue.account.positions import Position
from plimsoll.venue.exchange import Exchange
from plimsoll.venue.market.intervals import HOUR_MS
from tests.unit.venue.account.orders import BTC, rich, submit
from tests.unit.venue.markets import NOW_MS


def crash(exchange: Exchange, magnitude: float = -0.2) -> happened.PositionLiquidated:
    seen: list[Event] = []
    exchange.matching.on_event(seen.append)
    exchange.start_scenario("move", magnitude=magnitude, duration_seconds=600)
    exchange.matching.advance(NOW_MS + HOUR_MS)
    [ended] = [event for event in seen if isinstance(event, happened.PositionLiquidated)]
    return ended


@pytest.mark.parametrize(("side", "magnitude"), [("BUY", -0.2), ("SELL", 0.2)])
def test_all_orders_expire_and_the_fee_comes_out_of_what_remains(
    side: str, magnitude: float
) -> None:
    exchange = rich()
    submit(exchange, side, "MARKET", 0.5)
    last = exchange.snapshot(BTC, NOW_MS).last
    far = round(last * (3.0 if side == "BUY" else 0.4), 1)
    other = "SELL" if side == "BUY" else "BUY"
    kept = submit(exchange, other, "LIMIT", 0.1, price=far)
    stop = submit(exchange, other, "TAKE_PROFIT_MARKET", 0.1, trigger_price=far)
    ended = crash(exchange, magnitude)
    assert {(one.status, one.reason) for one in (kept, stop)} == {("EXPIRED", 5)}
    order = exchange.matching.orders[ended.order_id]
    assert (order.kind, order.status, order.executed) == ("LIQUIDATION", "FILLED", 0.5)
    assert order.client_id.startswith("autoclose-")
    fills = [fill for fill in exchange.account.fills if fill.order_id == order.id]
    assert sum(fill.fee_usd for fill in fills) == 0.0
    assert 0 < ended.fee_usd <= order.quote_usd * LIQUIDATION_FEE_FRACTION
    assert ended.fund_change_usd == pytest.approx(ended.fee_usd)
    assert (ended.taken_over, ended.deleveraged_usd) == (0.0, 0.0)


def test_a_large_position_keeps_what_the_fee_leaves_of_its_margin() -> None:
    exchange = rich(1e9)
    exchange.account.set_leverage(BTC, 5)
    submit(exchange, "BUY", "MARKET", 2200.0)
    assert exchange.account.position(BTC).is_open
    before, margin = exchange.account.wallet_usd, exchange.account.position(BTC).wallet_usd
    ended = crash(exchange, -0.3)
    order = exchange.matching.orders[ended.order_id]
    assert ended.fee_usd == pytest.approx(order.quote_usd * LIQUIDATION_FEE_FRACTION)
    assert exchange.account.wallet_usd > before - margin


def thin(exchange: Exchange) -> None:
    """Leave the book without bids above half of the price, as after a gap."""
    whole = exchange.matching._book_at

    def gapped(symbol: str, now_ms: int):  # type: ignore[no-untyped-def]
        book = whole(symbol, now_ms)
        return replace(book, bid_prices=book.bid_prices * 0.8, bid_sizes=np.ones(1000) * 0.01)

    exchange.matching._book_at = gapped


@pytest.mark.parametrize("fund", [1e9, 1000.0])
def test_the_fund_takes_over_what_the_book_does_not_and_no_more_than_it_has(fund: float) -> None:
    exchange = rich(insurance_usd=fund)
    submit(exchange, "BUY", "MARKET", 0.5)
    before, margin = exchange.account.wallet_usd, exchange.account.position(BTC).wallet_usd
    thin(exchange)
    ended = crash(exchange)
    assert ended.taken_over == 0.5
    assert ended.closed_price < ended.bankruptcy_price
    assert exchange.account.wallet_usd == pytest.approx(before - margin), "and not a cent more"
    lost = (ended.bankruptcy_price - ended.closed_price) * 0.5
    assert lost > 1000.0
    assert exchange.account.insurance_usd == pytest.approx(max(fund - lost, 0.0))
    assert exchange.account.deleveraged_usd == pytest.approx(max(lost - fund, 0.0))


@pytest.mark.parametrize(("side", "magnitude"), [("BUY", 0.2), ("SELL", -0.2)])
def test_without_a_fund_a_profit_ends_where_its_mirror_image_is_bankrupt(
    side: str, magnitude: float
) -> None:
    exchange = rich(insurance_usd=0.0)
    submit(exchange, side, "MARKET", 0.5)
    position = exchange.account.position(BTC)
    exchange.start_scenario("move", magnitude=magnitude, duration_seconds=600)
    exchange.matching.advance(NOW_MS + HOUR_MS)
    fill = exchange.account.fills[-1]
    assert exchange.matching.orders[fill.order_id].client_id == "adl_autoclose"
    assert fill.price == pytest.approx(deleverage_price(position))
    assert fill.realized_usd == pytest.approx(position.wallet_usd)
    assert not exchange.account.position(BTC).is_open


def test_nothing_held_is_deleveraged_nowhere() -> None:
    assert deleverage_price(Position(BTC)) == 0.0
