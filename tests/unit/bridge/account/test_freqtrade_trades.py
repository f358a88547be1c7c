"""Freqtrade's trades as values; what a mark makes of them is in tests/property/test_open_profit."""

from datetime import UTC, datetime, timedelta
from itertools import count
from math import isnan
from pathlib import Path
from typing import Any

import pytest
from freqtrade.persistence import LocalTrade, Order, Trade

from plimsoll.bridge.account.freqtrade_trades import (
    ExitOrder,
    closed_trade_of,
    exit_orders,
    open_profit_usd,
    position_of,
    resting_profit_usd,
    side_of,
    stop_was_missed,
)
from plimsoll.core import Side
from tests.unit.bridge.bots import BTC, ETH, open_trade
from tests.unit.bridge.trades import FEE, database_trades, trade_fields

NOON = datetime(2026, 11, 19, 12, tzinfo=UTC)


def trade(**fields: Any) -> LocalTrade:
    """10 coins at 100 USDT, or what a test says."""
    return LocalTrade(**trade_fields(NOON, trading_mode="futures", **fields))


def order(side: str = "buy", **fields: Any) -> Order:
    """An order that rests, half filled: 4 of 8 coins at 90."""
    return Order(
        **{
            "ft_order_side": side,
            "ft_pair": "BTC/USDT:USDT",
            "ft_is_open": True,
            "ft_amount": 8.0,
            "ft_price": 90.0,
            "order_id": "1",
            "status": "open",
            "price": 90.0,
            "amount": 8.0,
            "filled": 4.0,
            "remaining": 4.0,
            **fields,
        }
    )


@pytest.mark.parametrize(("short", "side"), [(False, Side.LONG), (True, Side.SHORT)])
def test_the_side_is_that_of_the_trade(short: bool, side: Side) -> None:
    assert side_of(trade(is_short=short)) is side
    assert position_of(trade(is_short=short), None).side is side


def test_a_position_holds_what_the_trade_says() -> None:
    held = trade(leverage=2.0, stop_loss=95.0, liquidation_price=52.0, stake_amount=500.0)
    position = position_of(held, 101.0)
    assert (position.pair, position.entry_price, position.mark_price) == (held.pair, 100.0, 101.0)
    assert (position.amount, position.leverage, position.margin_usd) == (10.0, 2.0, 500.0)
    assert (position.stop_price, position.liquidation_price) == (95.0, 52.0)
    assert position.opened_at == NOON


def test_a_stop_of_zero_is_none_and_a_missing_mark_stays_missing() -> None:
    position = position_of(trade(stop_loss=0.0), None)
    assert (position.stop_price, position.mark_price) == (None, None)


@pytest.mark.parametrize(("requested", "amount"), [(7.0, 7.0), (None, 0.0)])
def test_a_resting_entry_counts_with_what_it_asks_for(requested: Any, amount: float) -> None:
    position = position_of(trade(amount=0.0, amount_requested=requested), 100.0)
    assert position.amount == amount


def test_a_closed_trade_holds_what_it_made() -> None:
    done = trade(is_open=False, close_date=NOON, close_profit_abs=-12.0, close_profit=-0.012)
    closed = closed_trade_of(done)
    assert (closed.profit_usd, closed.profit_fraction, closed.stake_usd) == (-12.0, -0.012, 1000.0)
    assert (closed.opened_at, closed.closed_at, closed.side) == (NOON, NOON, Side.LONG)


def test_a_profit_that_was_not_recorded_is_not_zero() -> None:
    closed = closed_trade_of(trade(is_open=False, close_date=NOON))
    assert isnan(closed.profit_usd)
    assert isnan(closed.profit_fraction)
    zero = closed_trade_of(
        trade(is_open=False, close_date=NOON, close_profit_abs=0.0, close_profit=0.0)
    )
    assert (zero.profit_usd, zero.profit_fraction) == (0.0, 0.0)


@pytest.mark.parametrize(("short", "moved"), [(False, 50.0), (True, -50.0)])
def test_closing_at_a_mark_pays_both_fees_and_the_funding(short: bool, moved: float) -> None:
    held = trade(is_short=short, fee_open=0.001, fee_close=0.002, funding_fees=-3.0)
    assert open_profit_usd(held, 105.0) == pytest.approx(moved - 1.0 - 2.1 - 3.0)


@pytest.mark.parametrize(("side", "short", "moved"), [("buy", False, 40.0), ("sell", True, -40.0)])
def test_what_a_resting_entry_has_filled_is_marked(side: str, short: bool, moved: float) -> None:
    held = trade(is_short=short)
    held.orders = [order(side)]
    fees = FEE * 4 * (90.0 + 100.0)
    assert resting_profit_usd(held, 100.0) == pytest.approx(moved - fees)


@pytest.mark.parametrize(
    "others",
    [{"side": "sell"}, {"filled": 0.0}, {"ft_is_open": False}, {"side": "stoploss"}],
    ids=["exit", "unfilled", "done", "stop"],
)
def test_other_orders_are_not(others: dict[str, Any]) -> None:
    held = trade()
    held.orders = [order(**others)]
    assert resting_profit_usd(held, 100.0) == 0.0


@pytest.mark.parametrize(
    ("short", "price", "missed"),
    [
        (False, 95.0, True),
        (False, 95.1, False),
        (True, 95.0, True),
        (True, 94.9, False),
    ],
)
def test_a_stop_is_missed_at_its_price(short: bool, price: float, missed: bool) -> None:
    assert stop_was_missed(trade(is_short=short, stop_loss=95.0), price) is missed


def test_a_stop_on_the_exchange_is_not_missed_nor_is_one_that_is_not_there() -> None:
    held = trade(stop_loss=95.0)
    held.orders = [order("stoploss")]
    assert not stop_was_missed(held, 90.0)
    held.orders = [order("stoploss", ft_is_open=False)]
    assert stop_was_missed(held, 90.0)
    assert not stop_was_missed(trade(stop_loss=0.0), 90.0)


def test_the_last_exit_order_of_each_open_trade_is_told(tmp_path: Path) -> None:
    with database_trades(tmp_path / "bot.sqlite"):
        held, closed = open_trade(NOON), open_trade(NOON, pair=ETH)
        numbers = count(1)
        for minutes, (side, status) in enumerate(
            [("buy", "closed"), ("sell", "expired"), ("stoploss", "open"), ("sell", "open")]
        ):
            at = (NOON + timedelta(minutes=minutes)).replace(tzinfo=None)
            for trade in (held, closed):
                sent = {"ft_trade_id": trade.id, "order_id": str(next(numbers)), "order_date": at}
                trade.orders.append(order(side, status=status, ft_is_open=status == "open", **sent))
        closed.is_open = False
        Trade.commit()
        sent_at = NOON + timedelta(minutes=3)
        assert exit_orders() == {BTC: ExitOrder(sent_at, is_open=True, status="open")}
