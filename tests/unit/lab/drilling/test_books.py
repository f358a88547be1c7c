"""Both books compared: what one side has and the other has not."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from plimsoll.lab.drilling.books import DatabaseSide, ExchangeSide, compare, rows

EXCHANGE = ExchangeSide(positions={"BTCUSDT": 0.011}, orders={}, stops={"7": ("BTCUSDT", 0.011)})
DATABASE = DatabaseSide(positions={"BTCUSDT": 0.011}, orders=frozenset({"7"}))


def test_books_that_agree() -> None:
    assert compare(EXCHANGE, DATABASE).agree


def test_a_position_of_the_database_alone() -> None:
    seen = compare(replace(EXCHANGE, positions={}, stops={}), DATABASE)
    assert seen.unexplained_positions == ("BTCUSDT: exchange 0, database 0.011",)
    assert not seen.agree


def test_an_exchange_with_a_stop_left_is_not_flat() -> None:
    assert not replace(EXCHANGE, positions={}).is_flat
    assert replace(EXCHANGE, positions={}, stops={}).is_flat


def test_a_database_that_is_not_there_yet_has_no_rows(tmp_path: Path) -> None:
    file = tmp_path / "bot.sqlite"
    assert rows(file, "SELECT * FROM trades") == []
    sqlite3.connect(file).close()
    assert rows(file, "SELECT * FROM trades") == []


def test_a_short_position_is_negative(tmp_path: Path) -> None:
    file = tmp_path / "bot.sqlite"
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("CREATE TABLE trades (id, pair, amount, is_short, is_open)")
        database.execute("CREATE TABLE orders (order_id, ft_trade_id, ft_is_open)")
        database.execute("INSERT INTO trades VALUES (1, 'ETH/USDT:USDT', 2.0, 1, 1)")
        database.execute("INSERT INTO orders VALUES ('9', 1, 1)")
    side = DatabaseSide.read(file)
    assert side.positions == {"ETHUSDT": -2.0}
    assert side.orders == {"9"}
