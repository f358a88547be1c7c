"""The book that priced an entry: whose it is, and for how long it may be used."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from plimsoll.bridge.freqtrade import priced_book
from plimsoll.bridge.freqtrade.priced_book import PricedBook
from tests.unit.bridge.bots import BTC, ETH, Bot, running_bot

BOOK = ([[99.0, 5.0]], [[101.0, 5.0]])


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Bot]:
    with running_bot(tmp_path) as made:
        made.exchange.prices = {BTC: 100.0, ETH: 50.0}
        made.exchange.spread_fraction = 0.02
        pricing: Any = {"use_order_book": True, "price_side": "other", "order_book_top": 1}
        made.exchange._config |= {"entry_pricing": pricing, "exit_pricing": pricing}
        yield made


def price(bot: Bot, pair: str, side: Any = "entry") -> float:
    return bot.exchange.get_rate(pair, refresh=True, side=side, is_short=False)


def test_the_book_of_an_entry_can_be_taken_once(bot: Bot) -> None:
    book = PricedBook(bot.exchange)
    assert book.take(BTC) is None
    assert price(bot, BTC) == pytest.approx(101.0)
    assert book.take(BTC) == BOOK
    assert book.take(BTC) is None


def test_the_book_of_another_pair_or_of_an_exit_is_none_of_the_entry(bot: Bot) -> None:
    book = PricedBook(bot.exchange)
    price(bot, BTC)
    assert book.take(ETH) is None
    price(bot, BTC)
    price(bot, ETH)
    assert book.take(BTC) is None
    assert price(bot, BTC, "exit") == pytest.approx(99.0)
    assert book.take(BTC) is None
    bot.exchange.fetch_l2_order_book(BTC, 20)
    assert book.take(BTC) is None


def test_an_old_book_is_not_used(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    book = PricedBook(bot.exchange)
    price(bot, BTC)
    monkeypatch.setattr(priced_book, "FRESH_SECONDS", -1.0)
    assert book.take(BTC) is None


def test_an_entry_that_was_priced_is_judged_by_that_book(bot: Bot) -> None:
    session = bot.strategy._session
    price(bot, BTC)
    del bot.exchange.prices[BTC]
    assert session.spread_fraction(BTC) == pytest.approx(0.02)
    assert session.spread_fraction(BTC) is None
