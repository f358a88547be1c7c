"""Positions of an asked entry: read again whenever they can have changed, and only then."""

import random
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from freqtrade.persistence import Order, Trade
from sqlalchemy import event, update
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from plimsoll.bridge.account.closed_trades import ClosedTrades
from plimsoll.bridge.account.freqtrade_trades import whole_position
from plimsoll.bridge.account.live import LiveAccount
from tests.unit.bridge.account.test_live import account_of
from tests.unit.bridge.bots import BTC, ETH, NOON, Bot, entry, open_trade, running_bot
from tests.unit.bridge.guarding.test_live_session import clock, loops
from tests.unit.bridge.trades import trade_fields

__all__ = ["clock"]


@pytest.fixture
def bot(tmp_path: Path, clock: Any) -> Iterator[Bot]:
    with running_bot(tmp_path, max_open_trades=100) as made:
        loops(made, clock)
        yield made


@pytest.fixture
def statements(bot: Bot) -> Iterator[list[str]]:
    """What is sent to the database."""
    sent: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(Engine, "before_cursor_execute", hear)
    yield sent
    event.remove(Engine, "before_cursor_execute", hear)


def in_another_thread(work: Any) -> None:
    def run() -> None:
        work()
        Trade.session.remove()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


def resting_order(trade: Trade) -> Order:
    return Order(
        ft_order_side="buy",
        ft_pair=trade.pair,
        ft_is_open=True,
        ft_amount=5.0,
        ft_price=99.0,
        order_id=f"resting-{random.random()}",
        status="open",
        symbol=trade.pair,
        order_type="limit",
        side="buy",
        price=99.0,
        amount=5.0,
        filled=0.0,
        remaining=5.0,
        order_date=NOON.replace(tzinfo=None),
    )


def change(chance: random.Random, number: int) -> None:
    """Change a trade in one of the ways in which Freqtrade, a person or a script does."""
    what, trades = (
        chance.choice(
            ["enter", "force", "close", "stop", "rest", "statement", "delete", "roll back"]
        ),
        Trade.get_open_trades(),
    )
    opened = NOON - timedelta(minutes=number)
    if what == "enter" or not trades:
        open_trade(opened, pair=chance.choice([BTC, ETH]), stop_loss=95.0)
    elif what == "force":
        in_another_thread(lambda: open_trade(opened, pair=BTC))
    elif what == "close":
        trade = chance.choice(trades)
        trade.is_open = False
        trade.close_date = NOON.replace(tzinfo=None) + timedelta(seconds=number)
        trade.close_profit_abs, trade.close_profit = 1.0, 0.01
        Trade.commit()
    elif what == "stop":  # written at the end of the loop
        chance.choice(trades).stop_loss = 90.0 + number / 100
    elif what == "rest":
        trade = chance.choice(trades)
        trade.orders.append(resting_order(trade))
        Trade.commit()
    elif what == "statement":
        Trade.session.execute(update(Trade).values(liquidation_price=10.0 + number))
        Trade.commit()
    elif what == "delete":
        Trade.session.delete(chance.choice(trades))
        Trade.commit()
    else:
        chance.choice(trades).stop_loss = 80.0
        Trade.rollback()


def afresh(account: LiveAccount) -> tuple[list[Any], list[Any]]:
    """Positions and closed trades, read as if for the first time."""
    trades = Trade.get_open_trades()
    marks = account._marks.prices
    return [whole_position(one, marks.get(one.pair, one.open_rate)) for one in trades], (
        ClosedTrades().read()
    )


@pytest.mark.parametrize("seed", range(6))
def test_an_asked_entry_sees_what_the_database_says_at_that_moment(
    bot: Bot, clock: Any, seed: int
) -> None:
    chance, account = random.Random(seed), account_of(bot)
    for number in range(40):
        if chance.random() < 0.2:
            loops(bot, clock)
        change(chance, number)
        for _ in range(2):
            asked = account.snapshot(NOON, ETH)
            assert (asked.positions, asked.closed_trades) == afresh(account)


def test_each_confirmed_entry_is_seen_by_the_next(bot: Bot) -> None:
    account = account_of(bot)
    for count in range(1, 4):
        assert len(account.snapshot(NOON, BTC).positions or ()) == count - 1
        open_trade(NOON, pair=BTC)


def test_while_nothing_changes_an_asked_entry_asks_the_database_nothing(
    bot: Bot, clock: Any, statements: list[str]
) -> None:
    for number in range(5):
        open_trade(NOON - timedelta(hours=number), pair=ETH)
    loops(bot, clock)
    assert statements
    statements.clear()
    now = NOON + timedelta(seconds=10)
    asked = [entry(bot.strategy, now, pair=pair) for pair in (BTC, "SOL/USDT:USDT")]
    assert statements == []
    assert asked == [False, False]


def test_after_a_write_that_failed_an_entry_is_not_asked_of_what_was_known(bot: Bot) -> None:
    account = account_of(bot)
    account.snapshot(NOON, BTC)
    Trade.session.add(Trade(**trade_fields(NOON.replace(tzinfo=None), pair=None)))
    with pytest.raises(SQLAlchemyError):
        Trade.session.flush()
    with pytest.raises(SQLAlchemyError):
        account.snapshot(NOON, BTC)
    Trade.rollback()
