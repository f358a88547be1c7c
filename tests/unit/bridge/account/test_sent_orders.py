"""What a start knows of the orders before it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from freqtrade.persistence import Order, Trade

from plimsoll.bridge.account.sent_orders import sent_since
from tests.unit.bridge.bots import BTC, NOON, open_trade, running_bot
from tests.unit.bridge.guarding.test_live_session import clock, loops
from tests.unit.bridge.trades import database_trades, trade_fields

__all__ = ["clock"]

MINUTE = timedelta(minutes=1)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[None]:
    with database_trades(tmp_path / "bot.sqlite"):
        yield


def send(at: datetime, side: str = "buy") -> None:
    trade = Trade(**trade_fields(NOON))
    trade.recalc_open_trade_value()
    trade.orders.append(
        Order(
            ft_order_side=side, ft_pair=BTC, ft_is_open=False, ft_amount=1.0, ft_price=100.0,
            order_id=f"{at:%H%M%S}{side}", side="buy", order_date=at,
        )
    )  # fmt: skip
    Trade.session.add(trade)
    Trade.commit()


@pytest.mark.usefixtures("database")
def test_orders_of_the_window_are_known_in_their_order() -> None:
    for minutes in (3, 1, 10):
        send(NOON - minutes * MINUTE)
    send(NOON - 2 * MINUTE, side="sell")
    send(NOON - 2 * MINUTE, side="stoploss")
    known = sent_since(NOON - 5 * MINUTE, at_most=10)
    assert known == [NOON - minutes * MINUTE for minutes in (3, 2, 1)]
    assert sent_since(NOON - 5 * MINUTE, at_most=2) == known[1:]


@pytest.mark.usefixtures("database")
def test_without_orders_there_are_none() -> None:
    assert sent_since(NOON, at_most=10) == []


def test_a_bot_that_starts_again_counts_the_orders_before(tmp_path: Path, clock: Any) -> None:
    with running_bot(tmp_path) as bot:
        trade = open_trade(NOON - MINUTE)
        trade.orders.append(
            Order(
                ft_order_side="buy", ft_pair=BTC, ft_is_open=False, ft_amount=1.0, ft_price=100.0,
                order_id="before", side="buy", order_date=NOON - MINUTE / 2, status="closed",
                filled=1.0, average=100.0, amount=1.0,
            )
        )  # fmt: skip
        Trade.commit()
        loops(bot, clock)
        account: Any = bot.strategy._session._account
        assert NOON - MINUTE / 2 in account.snapshot(NOON).order_times
