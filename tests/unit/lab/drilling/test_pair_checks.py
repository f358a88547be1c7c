"""A pair that was closed: by the exchange's fills, and the others untouched."""

import sqlite3
from contextlib import closing
from typing import Any

import pytest

from plimsoll.lab.drilling.bot import DrilledBot
from plimsoll.lab.drilling.pair_checks import Before, others_untouched, pair_closed
from plimsoll.lab.drilling.row import Cell, Row
from plimsoll.lab.drilling.scenario import BTC, ETH


@pytest.fixture
def held(bot: DrilledBot) -> Before:
    """Two trades of the database."""
    with closing(sqlite3.connect(bot.database)) as database, database:
        database.execute("CREATE TABLE trades (id, pair, amount, is_short, is_open)")
        for number, pair in enumerate((BTC, ETH), start=1):
            database.execute("INSERT INTO trades VALUES (?, ?, 0.01, 0, 1)", (number, pair))
    return Before.of(bot)


def close_in_the_database(bot: DrilledBot, pair: str) -> None:
    with closing(sqlite3.connect(bot.database)) as database, database:
        database.execute("UPDATE trades SET is_open = 0 WHERE pair = ?", (pair,))


def judged(bot: DrilledBot, before: Before, record: dict[str, Any]) -> Row:
    row = Row(cell=Cell("stale_data", "none", "live"), rule="stale_data")
    pair_closed(bot, row, before, record)
    others_untouched(bot, row, before, BTC)
    return row


def test_a_pair_that_only_the_database_calls_closed_is_red(bot: DrilledBot, held: Before) -> None:
    bot.exchange.order("BTCUSDT", "BUY", "0.010")
    record = {"pair": BTC, "at": bot.exchange.now().isoformat()}
    close_in_the_database(bot, BTC)
    assert "pair sold on the exchange: 0 of 0.01" in judged(bot, held, record).why
    bot.exchange.clean()
    assert judged(bot, held, record).ok
    bot.exchange.order("BTCUSDT", "BUY", "0.010")  # it may be entered again once it was sold
    assert judged(bot, held, record).ok
    bot.exchange.clean()


def test_an_entry_before_it_was_sold_is_red(bot: DrilledBot, held: Before) -> None:
    record = {"pair": BTC, "at": bot.exchange.now().isoformat()}
    close_in_the_database(bot, BTC)
    bot.exchange.order("BTCUSDT", "BUY", "0.010")
    bot.exchange.clean()
    assert "only orders that close: 1 bought" in judged(bot, held, record).why


def test_another_pair_that_was_closed_too_is_red(bot: DrilledBot, held: Before) -> None:
    bot.exchange.order("BTCUSDT", "BUY", "0.010")
    record = {"pair": BTC, "at": bot.exchange.now().isoformat()}
    bot.exchange.clean()
    assert "pair closed in the database: trades [1]" in judged(bot, held, record).why
    for pair in (BTC, ETH):
        close_in_the_database(bot, pair)
    assert judged(bot, held, record).why == f"other pairs are left alone: {ETH} closed"
