"""What a position beyond its trades has made."""

from datetime import UTC, datetime

import pytest

from plimsoll.core.books import BotBooks, BotTrade, ExchangeBooks, ExchangePosition
from plimsoll.core.side import Side
from plimsoll.risk.unexplained import unexplained_profit_usd

BTC = "BTC/USDT:USDT"
NOON = datetime(2026, 11, 19, 12, tzinfo=UTC)


def books(amount: float, mark: float) -> ExchangeBooks:
    held = ExchangePosition(
        pair=BTC, side=Side.LONG, amount=amount, entry_price=100.0, mark_price=mark
    )
    return ExchangeBooks(as_of=NOON, positions=(held,))


def trade(amount: float) -> BotTrade:
    return BotTrade(pair=BTC, side=Side.LONG, amount=amount, price=100.0)


@pytest.mark.parametrize(
    ("held", "booked", "made"), [(3.0, 1.0, -20.0), (1.0, 1.0, 0.0), (1.0, 3.0, 20.0)]
)
def test_only_the_part_that_no_trade_explains_counts(
    held: float, booked: float, made: float
) -> None:
    assert unexplained_profit_usd(BTC, books(held, 90.0), BotBooks(trades=(trade(booked),))) == made
