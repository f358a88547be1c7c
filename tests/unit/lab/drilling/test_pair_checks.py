"""A pair that was closed: by the exchange's fills, and the others untouched."""

import json
import sqlite3
from contextlib import closing
from typing import Any

import pytest

from plimsoll.lab.drilling.bot import DrilledBot, moment
from plimsoll.lab.drilling.pair_checks import (
    Before,
    all_closed,
    others_untouched,
    pair_closed,
)
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


def judged_whole(bot: DrilledBot, before: Before, record: dict[str, Any]) -> str:
    row = Row(cell=Cell("api_errors", "none", "live"), rule="api_errors")
    all_closed(bot, row, before, record, since=moment(record["at"]))
    return row.why


def write(bot: DrilledBot, *records: dict[str, Any]) -> None:
    bot.state.decisions.mkdir(parents=True, exist_ok=True)
    lines = "".join(json.dumps(one) + "\n" for one in records)
    (bot.state.decisions / "2025-05-29.jsonl").write_text(lines)


def test_all_is_closed_on_both_sides_before_anything_is_entered(
    bot: DrilledBot, held: Before
) -> None:
    for symbol in ("BTCUSDT", "ETHUSDT"):
        bot.exchange.order(symbol, "BUY", "0.010")
    acted = {"kind": "verdict", "event": "acted", "rule": "api_errors"}
    record = {**acted, "at": bot.exchange.now().isoformat()}
    close_in_the_database(bot, BTC)
    why = judged_whole(bot, held, record)
    assert "every position closed in the database: trades [2]" in why
    assert "every position sold on the exchange: 0 of 0.01 BTCUSDT, 0 of 0.01 ETHUSDT" in why
    close_in_the_database(bot, ETH)
    bot.exchange.clean()
    write(bot, record)
    assert judged_whole(bot, held, record) == ""
    bot.exchange.order("BTCUSDT", "BUY", "0.010")  # nothing on record has ended the verdict
    assert "only orders that close: BUY 0.01 BTCUSDT" in judged_whole(bot, held, record)
    bot.exchange.clean()


@pytest.mark.parametrize(
    ("ended", "may_enter"),
    [
        ({"kind": "verdict", "event": "ended", "rule": "api_errors"}, True),
        ({"kind": "start", "held": []}, True),
        ({"kind": "verdict", "event": "ended", "rule": "drawdown"}, False),
        ({"kind": "start", "held": [{"rule": "api_errors"}]}, False),
    ],
)
def test_an_entry_is_allowed_once_the_verdict_is_over_on_record(
    bot: DrilledBot, held: Before, ended: dict[str, Any], may_enter: bool
) -> None:
    for pair, symbol in ((BTC, "BTCUSDT"), (ETH, "ETHUSDT")):
        bot.exchange.order(symbol, "BUY", "0.010")
        close_in_the_database(bot, pair)
    acted = {"kind": "verdict", "event": "acted", "rule": "api_errors"}
    record = {**acted, "at": bot.exchange.now().isoformat()}
    bot.exchange.clean()
    write(bot, record, {**ended, "at": bot.exchange.now().isoformat()})
    bot.exchange.order("BTCUSDT", "BUY", "0.010")
    assert (judged_whole(bot, held, record) == "") is may_enter
    bot.exchange.clean()


def test_another_pair_that_was_closed_too_is_red(bot: DrilledBot, held: Before) -> None:
    bot.exchange.order("BTCUSDT", "BUY", "0.010")
    record = {"pair": BTC, "at": bot.exchange.now().isoformat()}
    bot.exchange.clean()
    assert "pair closed in the database: trades [1]" in judged(bot, held, record).why
    for pair in (BTC, ETH):
        close_in_the_database(bot, pair)
    assert judged(bot, held, record).why == f"other pairs are left alone: {ETH} closed"
