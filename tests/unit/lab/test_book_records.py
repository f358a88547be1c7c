"""Both sides are read from what they leave: the exchange's answer, Freqtrade's SQLite file."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from plimsoll.core import UsageError
from plimsoll.lab.book_records import compare_books, database_trades
from plimsoll.lab.book_sides import DatabaseOrder
from plimsoll.venue.api.control import CONTROLS
from tests.unit.venue.api.signed import buy, stop
from tests.unit.venue.markets import exchange_at

SCHEMA = """
CREATE TABLE trades (id INTEGER, pair TEXT, is_short INTEGER, is_open INTEGER, amount REAL,
                     fee_open REAL, fee_close REAL, funding_fees REAL, close_profit_abs REAL);
CREATE TABLE orders (id INTEGER, ft_trade_id INTEGER, order_id TEXT, ft_order_side TEXT, side TEXT,
                     ft_is_open INTEGER, filled REAL, average REAL, price REAL);
"""


def left_behind(folder: Path, *, drop: float) -> tuple[Path, Path, float]:
    """Trade at a venue: a market entry and its stop; return books, database and opening balance."""
    exchange = exchange_at()
    opening = exchange.account.wallet_usd
    entry, guard = buy(exchange), stop(exchange)
    if drop:
        exchange.start_scenario("move", magnitude=-drop, duration_seconds=60)
        exchange.clock.step(120)
    answer = CONTROLS["GET", "/plimsoll/books"](exchange, {})
    books, database = folder / "books.json", folder / "trades.sqlite"
    books.write_text(json.dumps(answer), encoding="utf-8")
    sold = [one for one in answer["fills"] if one["side"] == "SELL"]
    bought = [one for one in answer["fills"] if one["side"] == "BUY"]
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(SCHEMA)
        fee = bought[0]["fee_usd"] / bought[0]["price"] / bought[0]["quantity"]
        profit = answer["wallet_usd"] - opening if sold else None
        trade = (1, "BTC/USDT:USDT", 0, not sold, 0.1, fee, fee, 0.0, profit)
        connection.execute("INSERT INTO trades VALUES (?,?,?,?,?,?,?,?,?)", trade)
        for number, (side, given, fills) in enumerate(
            (("buy", entry["orderId"], bought), ("stoploss", guard["algoId"], sold)), start=1
        ):
            amount = sum(one["quantity"] for one in fills)
            cost = sum(one["quantity"] * one["price"] for one in fills)
            row: tuple[Any, ...] = (number, 1, str(given), side, "sell" if number == 2 else side)
            row += (number == 2 and not sold, amount, cost / amount if fills else None, None)
            connection.execute("INSERT INTO orders VALUES (?,?,?,?,?,?,?,?,?)", row)
        connection.commit()
    return books, database, opening


@pytest.mark.parametrize("drop", [0.0, 0.05])
def test_an_entry_with_its_stop_waiting_or_hit_agrees(tmp_path: Path, drop: float) -> None:
    books, database, opening = left_behind(tmp_path, drop=drop)
    compared = compare_books(books, database, opening_usd=opening, seen_ms=10**15)
    assert compared.differences == ()
    assert (compared.stops, compared.stops_hit) == (1, 1 if drop else 0)
    other = compare_books(books, database, opening_usd=opening + 1, seen_ms=10**15)
    assert [one.usd for one in other.differences] == [pytest.approx(-1.0)]


def test_the_database_gives_orders_with_what_is_filled(tmp_path: Path) -> None:
    _, database, _ = left_behind(tmp_path, drop=0.0)
    (trade,) = database_trades(database)
    assert (trade.symbol, trade.is_open, trade.profit_usd) == ("BTCUSDT", True, None)
    entry, guard = trade.orders
    assert (entry.is_buy, entry.is_stop, entry.amount) == (True, False, pytest.approx(0.1))
    assert guard == DatabaseOrder(guard.id, False, True, True, 0.0, 0.0)


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "books.json").write_text("{}", encoding="utf-8")
    with pytest.raises(UsageError, match="cannot compare"):
        compare_books(tmp_path / "books.json", tmp_path / "none", opening_usd=0, seen_ms=0)
