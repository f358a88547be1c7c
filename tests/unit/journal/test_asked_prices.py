"""Fills with the prices that their orders were decided at."""

import math
from pathlib import Path
from typing import Any

import pytest

from plimsoll.journal.asked_prices import AskedPricesReader
from plimsoll.journal.reading import Reading
from tests.unit.journal.decisions import BTC, Bot


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    return Bot(tmp_path)


def fills(bot: Bot) -> list[dict[str, Any]]:
    reader = AskedPricesReader()
    for record in Reading().records(bot.folder):
        reader.take(record)
    return reader.fills


def leave(bot: Bot, *, after: float, asked: float = 43_000.0) -> None:
    bot.write("order", pair=BTC, trade=4, side="close long", price=asked)
    bot.write(
        "fill", after_seconds=after, pair=BTC, trade=4, side="sell", price=42_990.0,
        amount=0.007, closes=True,
    )  # fmt: skip


def test_an_entry_and_an_exit_have_the_prices_of_their_orders(bot: Bot) -> None:
    bot.trade(4)
    leave(bot, after=3)
    entry, left = fills(bot)
    assert (entry["asked"], entry["price"], entry["amount"]) == (42_000.0, 42_001.5, 0.007)
    assert (left["asked"], left["price"], left["amount"]) == (43_000.0, 42_990.0, -0.007)


def test_a_fill_that_no_order_explains_has_no_asked_price(bot: Bot) -> None:
    bot.trade(4)
    bot.write("fill", pair=BTC, trade=4, side="sell", price=40_000.0, amount=0.007, closes=True)
    assert math.isnan(fills(bot)[1]["asked"])


def test_an_order_of_hours_ago_was_not_of_this_fill(bot: Bot) -> None:
    bot.trade(4)
    leave(bot, after=7_200)
    assert math.isnan(fills(bot)[1]["asked"])


def test_an_order_counts_once(bot: Bot) -> None:
    bot.trade(4)
    leave(bot, after=1)
    bot.write("fill", pair=BTC, trade=4, side="sell", price=1.0, amount=0.1, closes=True)
    assert math.isnan(fills(bot)[2]["asked"])
