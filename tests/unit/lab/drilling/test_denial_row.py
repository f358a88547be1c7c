"""A row of denials needs a pair that the guard keeps out."""

import sqlite3
from contextlib import closing

import pytest

from plimsoll.core import PlimsollError
from plimsoll.lab.drilling.bot import DrilledBot
from plimsoll.lab.drilling.denial_row import _no_entry, _pair_out
from plimsoll.lab.drilling.row import Cell, Row
from plimsoll.lab.drilling.scenario import BTC, ETH
from plimsoll.lab.drilling.scenarios import SCENARIOS

SPREAD = SCENARIOS["spread"]


def trade(bot: DrilledBot, *pairs: str) -> None:
    with closing(sqlite3.connect(bot.database)) as database, database:
        database.execute("CREATE TABLE trades (id, pair, amount, is_short, is_open)")
        database.execute("CREATE TABLE orders (order_id, ft_trade_id, ft_is_open)")
        rows = [(number, pair, 1.0, 0, 1) for number, pair in enumerate(pairs)]
        database.executemany("INSERT INTO trades VALUES (?, ?, ?, ?, ?)", rows)


def test_the_pair_that_is_not_held_is_asked_for(bot: DrilledBot) -> None:
    trade(bot, BTC)
    assert _pair_out(bot, SPREAD) == ETH


def test_a_guard_that_let_every_pair_in_is_named(bot: DrilledBot) -> None:
    trade(bot, BTC, ETH)
    with pytest.raises(PlimsollError, match="spread let every pair in"):
        _pair_out(bot, SPREAD)


def test_an_order_of_the_pair_is_an_entry_whatever_the_database_says(bot: DrilledBot) -> None:
    row, since = Row(cell=Cell("spread", "none", "live"), rule="spread"), bot.exchange.now()
    bot.exchange.order("ETHUSDT", "BUY", "0.10")
    _no_entry(bot, row, ETH, since)
    bot.exchange.clean()
    assert "no order on the exchange: 1 orders" in row.why
    assert "nothing held" in row.why
