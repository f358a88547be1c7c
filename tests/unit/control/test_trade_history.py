"""All trades of a bot's database, by Freqtrade's own tables and in every state they may be in."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest
from freqtrade.persistence import KeyValueStore, Trade

from plimsoll.bridge.account.capital import Capital, store_capital
from plimsoll.control.trade_history import read_trade_history, timeframe_of
from plimsoll.core import PlimsollError, UsageError
from tests.unit.bridge.trades import database_trades
from tests.unit.cli.bots import BALANCE, BEGIN, BTC, ETH, SOL, at, make_database, order, trade


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return make_database(tmp_path / "bot.sqlite")


def url(file: Path) -> str:
    return f"sqlite:///{file}"


def test_closed_and_open_trades_are_there_with_what_is_known(database: Path) -> None:
    trades = read_trade_history(url(database)).trades
    assert list(trades["pair"]) == [BTC, ETH, SOL, BTC, ETH]
    assert list(trades["close_date"].notna()) == [True, True, True, True, False]
    assert trades["profit_abs"].isna().to_list() == [False] * 4 + [True]
    assert trades.loc[4, "realized_profit"] == 9.0
    assert trades.loc[2, "is_short"]
    assert trades.loc[2, "funding_fees"] == -1.5
    assert trades.loc[0, "open_date"] == pd.Timestamp(at(2))
    assert [len(orders) for orders in trades["orders"]] == [2, 2, 2, 4, 2]


def test_an_entry_that_nothing_filled_is_counted_and_no_position(database: Path) -> None:
    assert read_trade_history(url(database)).resting == 1


def test_money_and_times_on_record_come_along(database: Path) -> None:
    history = read_trade_history(url(database))
    assert history.capital_usd == BALANCE
    assert history.started_at == pd.Timestamp(BEGIN)
    assert list(history.wallet) == [9_990.0, 9_850.0]
    assert list(history.wallet.index) == [pd.Timestamp(at(24)), pd.Timestamp(at(48))]


def test_the_capital_of_a_live_account_counts_before_its_levels(database: Path) -> None:
    with database_trades(database):
        store_capital(Capital(7_000.0, at(0), beside_usd=-3.0))
    history = read_trade_history(url(database))
    assert (history.capital_usd, history.beside_usd) == (7_000.0, -3.0)


def test_unreadable_values_are_not_known_and_no_error(database: Path) -> None:
    with database_trades(database):
        KeyValueStore.store_value("plimsoll_capital", "rubbish")  # type: ignore[arg-type]
        KeyValueStore.store_value("plimsoll_equity_levels", "rubbish")  # type: ignore[arg-type]
    assert read_trade_history(url(database)).capital_usd is None


def test_reading_writes_nothing_and_leaves_freqtrades_session_alone(database: Path) -> None:
    before, beside = database.read_bytes(), sorted(database.parent.iterdir())
    session = Trade.session
    read_trade_history(url(database))
    assert database.read_bytes() == before
    assert sorted(database.parent.iterdir()) == beside
    assert Trade.session is session


def test_an_empty_database_has_no_trade(tmp_path: Path) -> None:
    with database_trades(tmp_path / "new.sqlite"):
        pass
    history = read_trade_history(url(tmp_path / "new.sqlite"))
    assert history.trades.empty
    assert (history.capital_usd, history.started_at, len(history.wallet)) == (None, None, 0)


def test_a_database_of_another_version_is_named_with_what_it_lacks(database: Path) -> None:
    with sqlite3.connect(database) as connection:
        connection.execute("ALTER TABLE trades DROP COLUMN funding_fee_running")
    connection.close()
    with pytest.raises(PlimsollError, match="another version of Freqtrade: its table trades lacks"):
        read_trade_history(url(database))


def test_a_database_of_something_else_is_named(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "other.sqlite") as connection:
        connection.execute("CREATE TABLE notes (text TEXT)")
    connection.close()
    with pytest.raises(PlimsollError, match="no database of Freqtrade: it has no table of trades"):
        read_trade_history(url(tmp_path / "other.sqlite"))


def test_no_database_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="found none"):
        read_trade_history(url(tmp_path / "none.sqlite"))


def test_a_database_without_wallet_history_has_none(database: Path) -> None:
    with sqlite3.connect(database) as connection:
        connection.execute("DROP TABLE wallet_history")
    connection.close()
    assert read_trade_history(url(database)).wallet.empty


KILLED = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA cache_size=1")
connection.execute("PRAGMA cache_spill=1")
connection.execute("BEGIN")
connection.execute("UPDATE trades SET amount = amount + 1, enter_tag = hex(randomblob(100))")
connection.execute("CREATE TABLE filler (text TEXT)")
connection.executemany("INSERT INTO filler VALUES (hex(randomblob(2000)))", [()] * 200)
os.kill(os.getpid(), 9)
"""


def test_a_bot_killed_in_the_middle_of_a_write_leaves_what_it_had_before(database: Path) -> None:
    before = read_trade_history(url(database)).trades["amount"].to_list()
    subprocess.run([sys.executable, "-c", KILLED, str(database)], check=False)
    unfinished = database.with_name(f"{database.name}-wal")
    left = database.read_bytes(), unfinished.read_bytes()
    assert left[1], "the kill left no unfinished write"
    assert read_trade_history(url(database)).trades["amount"].to_list() == before
    assert (database.read_bytes(), unfinished.read_bytes()) == left


def test_a_running_bot_in_the_middle_of_a_write_is_read_beside(database: Path) -> None:
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("UPDATE trades SET amount = 99.0")
    try:
        assert 99.0 not in read_trade_history(url(database)).trades["amount"].to_list()
    finally:
        connection.rollback()
        connection.close()


@pytest.mark.parametrize(
    ("minutes", "name"),
    [(5, "5m"), (60, "1h"), (90, "90m"), (240, "4h"), (1440, "1d"), (10080, "1w"), (None, "")],
)
def test_a_number_of_minutes_is_freqtrades_name(minutes: float | None, name: str) -> None:
    assert timeframe_of(minutes) == name


def test_a_closed_trade_has_the_stake_of_all_its_entries(tmp_path: Path) -> None:
    orders = [order(2, 100.0, 10.0, "buy"), order(4, 110.0, 9.0, "sell")]
    # As Freqtrade leaves it when the last tenth is sold.
    done = trade(BTC, [*orders, order(6, 110.0, 1.0, "sell")], closed=6, stake_amount=100.0)
    rest = [order(7, 100.0, 10.0, "buy"), order(8, 110.0, 9.0, "sell")]
    still = trade(ETH, rest, amount=1.0, stake_amount=100.0)
    file = make_database(tmp_path / "parts.sqlite", [done, still])
    assert list(read_trade_history(url(file)).trades["stake_amount"]) == [1_000.0, 100.0]


@pytest.mark.parametrize(
    "damage", ["amount = 'much'", "open_date = 'yesterday'", "trading_mode = 'barter'"]
)
def test_a_value_that_is_none_of_its_columns_is_one_line(database: Path, damage: str) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(f"UPDATE trades SET {damage}")
        connection.commit()
    with pytest.raises(PlimsollError, match="that cannot be read") as told:
        read_trade_history(url(database))
    assert "\n" not in str(told.value)


def test_a_database_that_a_writer_holds_is_not_called_foreign(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect, file = sqlite3.connect, database.with_name("held.sqlite")
    with closing(connect(database)) as whole:
        whole.execute("VACUUM INTO ?", (str(file),))
    with closing(connect(file, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        monkeypatch.setattr(
            "plimsoll.control.database.sqlite3.connect",
            lambda file, **others: connect(file, timeout=0.01, **others),
        )
        with pytest.raises(PlimsollError, match="is locked by a program that writes it"):
            read_trade_history(url(file))
