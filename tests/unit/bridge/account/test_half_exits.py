"""An exit of half a position that was stored and not counted when the bot died."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from freqtrade.persistence import Order, Trade

from plimsoll.bridge.account.recovery import _recounted
from tests.unit.bridge.bots import BTC, open_trade
from tests.unit.bridge.trades import database_trades

OPENED = datetime(2025, 6, 3, 2, tzinfo=UTC)


@pytest.fixture
def trade(tmp_path: Path) -> Iterator[Trade]:
    """A trade of 10 coins whose sale of 5 is in the database, and not in its amount."""
    with database_trades(tmp_path / "bot.sqlite"):
        made = open_trade(OPENED, amount_precision=1e-3, precision_mode=4, contract_size=1.0)
        made.orders += [_filled("buy", 10.0), _filled("sell", 5.0)]
        Trade.commit()
        yield made


def _filled(side: str, amount: float) -> Order:
    return Order(
        order_id=f"{side} {amount}",
        ft_pair=BTC,
        symbol=BTC,
        ft_order_side=side,
        side=side,
        ft_is_open=False,
        status="closed",
        order_type="market",
        ft_amount=amount,
        ft_price=100.0,
        amount=amount,
        filled=amount,
        remaining=0.0,
        price=100.0,
        average=100.0,
        cost=100.0 * amount,
        order_date=OPENED,
        order_filled_date=OPENED,
    )


def test_half_that_is_held_is_what_remains_of_the_trade(trade: Trade) -> None:
    assert _recounted(trade, 5.0)
    assert (trade.amount, trade.is_open) == (5.0, True)


@pytest.mark.parametrize("held", [0.0, 4.0, 10.0, -5.0])
def test_what_its_orders_do_not_explain_is_left_to_freqtrade(trade: Trade, held: float) -> None:
    assert not _recounted(trade, held)
    assert trade.amount == 10.0
