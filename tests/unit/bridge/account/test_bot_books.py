"""The account as Freqtrade's database has it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from freqtrade.enums import MarginMode
from freqtrade.persistence import Order, Trade
from freqtrade.persistence.usedb_context import enable_database_use

from plimsoll.bridge.account.bot_books import bookings, bot_books, earned_by_open_usd, known_orders
from plimsoll.core.books import BotBooks
from plimsoll.core.side import Side
from tests.unit.bridge.bots import BTC, ETH, NOON, open_trade
from tests.unit.bridge.trades import database_trades

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def database(tmp_path: Path) -> Iterator[None]:
    with database_trades(tmp_path / "bot.sqlite"):
        enable_database_use()
        yield
        enable_database_use()


def books(now: datetime = NOON, *, reported: tuple[str, ...] = (), **changes: Any) -> BotBooks:
    given = {"prefix": "x-", "stops_on_exchange": True, "closed_profit_usd": 5.0, **changes}
    return bot_books({"margin_mode": MarginMode.ISOLATED}, now, reported=reported, **given)


def order(trade: Trade, number: str, side: str = "buy", **changes: Any) -> Order:
    values = {
        "ft_trade_id": trade.id,
        "ft_order_side": side,
        "ft_pair": trade.pair,
        "ft_is_open": True,
        "ft_amount": 4.0,
        "ft_price": 100.0,
        "order_id": number,
        "status": "open",
        "amount": 4.0,
        "filled": 0.0,
        "order_date": NOON.replace(tzinfo=None),
    }
    made = Order(**{**values, **changes})
    trade.orders.append(made)
    Trade.commit()
    return made


@pytest.mark.parametrize("short", [False, True])
def test_a_trade_is_read_with_its_side_and_expects_its_stop(short: bool) -> None:
    open_trade(NOON, is_short=short)
    (trade,) = books().trades
    assert (trade.pair, trade.side, trade.amount, trade.price) == (
        BTC,
        Side.SHORT if short else Side.LONG,
        10.0,
        100.0,
    )
    assert trade.stop_expected
    assert (trade.entering, trade.leaving) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("short", "side", "entering", "leaving"),
    [(False, "buy", 4, 0), (False, "sell", 0, 4), (True, "sell", 4, 0), (True, "buy", 0, 4)],
)
def test_open_orders_may_add_or_take_and_no_stop_is_expected_meanwhile(
    short: bool, side: str, entering: float, leaving: float
) -> None:
    order(open_trade(NOON, is_short=short), "1", side)
    (trade,) = books().trades
    assert (trade.entering, trade.leaving, trade.stop_expected) == (entering, leaving, False)


def test_a_stop_order_neither_adds_nor_takes() -> None:
    order(open_trade(NOON), "1", "stoploss")
    (trade,) = books().trades
    assert (trade.entering, trade.leaving, trade.stop_expected) == (0.0, 0.0, True)


def test_an_entry_that_rests_holds_nothing_yet() -> None:
    trade = open_trade(NOON, amount=0.0, amount_requested=4.0)
    order(trade, "1")
    (read,) = books().trades
    assert (read.amount, read.entering, read.stop_expected) == (0.0, 4.0, False)


def test_no_stop_is_expected_where_the_strategy_keeps_none_on_the_exchange() -> None:
    open_trade(NOON)
    assert not books(stops_on_exchange=False).trades[0].stop_expected


def test_the_database_knows_an_order_only_while_it_knows_its_trade() -> None:
    trade = open_trade(NOON)
    order(trade, "1")
    assert known_orders(["1", "2"]) == {"1"}
    assert books(reported=("1", "2")).order_ids == {"1"}
    trade.delete()
    assert known_orders(["1"]) == frozenset()
    assert known_orders([]) == frozenset()


def test_an_order_of_late_may_still_settle() -> None:
    order(open_trade(NOON), "1", order_date=(NOON - 5 * MINUTE).replace(tzinfo=None))
    old = open_trade(NOON, pair=ETH)
    order(old, "2", order_date=(NOON - 60 * MINUTE).replace(tzinfo=None))
    assert dict(books().ordered_at) == {BTC: NOON - 5 * MINUTE}
    filled = (NOON - MINUTE).replace(tzinfo=None)
    order(old, "3", order_date=(NOON - 60 * MINUTE).replace(tzinfo=None), order_filled_date=filled)
    assert books().ordered_at[ETH] == NOON - MINUTE


def test_what_was_earned_is_profit_taken_less_fees_that_were_paid_and_funding() -> None:
    trade = open_trade(NOON, fee_open=0.001, fee_open_currency="USDT")
    trade.stake_currency = "USDT"
    trade.realized_profit = 7.0
    trade.funding_fees = -0.5
    assert earned_by_open_usd(trade) == pytest.approx(7.0 - 10.0 * 100.0 * 0.001 - 0.5)
    assert books().earned_usd == pytest.approx(5.0 + 5.5)
    trade.fee_open_currency = "BNB"
    assert earned_by_open_usd(trade) == pytest.approx(6.5)


def test_funding_that_is_in_the_profit_of_an_exit_counts_once() -> None:
    trade = open_trade(NOON, fee_open=0.0)
    trade.realized_profit = 7.0
    trade.funding_fees = -0.9
    done = {"ft_is_open": False, "status": "closed", "filled": 4.0}
    order(trade, "1", "buy", funding_fee=0.0, **done)
    order(trade, "2", "sell", funding_fee=-0.4, **done)
    assert earned_by_open_usd(trade) == pytest.approx(7.0 - 0.5)


def test_bookings_change_with_every_fill_and_close() -> None:
    trade = open_trade(NOON)
    first = bookings([trade], 0)
    assert bookings([trade], 0) == first
    assert bookings([trade], 1) != first
    trade.amount = 9.0
    assert bookings([trade], 0) != first


@pytest.mark.parametrize(
    ("changes", "fee_amount"),
    [
        ({"trading_mode": "spot", "fee_open_currency": "BTC"}, 0.005),
        ({"trading_mode": "spot", "fee_open_currency": None}, 0.005),
        ({"trading_mode": "spot", "fee_open_currency": "BNB"}, 0.0),
        ({"trading_mode": "spot", "fee_open_currency": "USDT"}, 0.0),
        ({"trading_mode": "futures", "fee_open_currency": None}, 0.0),
    ],
)
def test_fees_of_entries_may_be_missing_in_coins_on_spot_alone(
    changes: dict[str, Any], fee_amount: float
) -> None:
    trade = open_trade(NOON, pair="BTC/USDT", fee_open=0.001, **changes)
    for number, side, filled in (("1", "buy", 4.0), ("2", "buy", 1.0), ("3", "sell", 2.0)):
        order(trade, number, side, ft_is_open=False, status="closed", filled=filled)
    assert books().trades[0].fee_amount == pytest.approx(fee_amount)


def test_a_fee_that_was_taken_off_the_trade_is_not_missing_in_coins() -> None:
    trade = open_trade(NOON, pair="BTC/USDT", fee_open=0.001, trading_mode="spot")
    fields = {"ft_is_open": False, "status": "closed"}
    order(trade, "1", "buy", filled=4.0, ft_fee_base=0.004, **fields)
    order(trade, "2", "buy", filled=1.0, **fields)
    assert books().trades[0].fee_amount == pytest.approx(0.001)
