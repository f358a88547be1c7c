"""A database is moved whole or not at all, and no halt is looser afterwards."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from freqtrade.persistence import KeyValueStore, PairLocks, Trade
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool
from typer.testing import CliRunner

from plimsoll.bridge.state import registry
from plimsoll.cli import app
from plimsoll.control.database import read_records
from plimsoll.control.migrate import migrate
from plimsoll.core import PlimsollError, UsageError
from plimsoll.journal.log import DecisionLog
from tests.support.backups import FELL, Books
from tests.support.postgres import PostgresServer
from tests.unit.bridge.trades import database_trades, trade_fields

SIX = {"KeyValueStore", "orders", "pairlocks", "trade_custom_data", "trades", "wallet_history"}


@pytest.fixture
def books(tmp_path: Path) -> Books:
    """A bot that has traded, and is halted."""
    made = Books(tmp_path / "bot")
    made.begin(FELL, trades=3, peak_usd=1234.5)
    registry.release()
    return made


@pytest.fixture
def target(postgres: PostgresServer) -> str:
    return postgres.url(postgres.new_database(), driver="psycopg")


def source_of(books: Books) -> str:
    return f"sqlite:///{books.database}"


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_all_of_it_is_there_and_the_ids_go_on(books: Books, target: str) -> None:
    done = migrate(source_of(books), target, books.bot)
    assert {one.name for one in done.tables} == SIX
    assert {one.name: one.rows for one in done.tables}["trades"] == 3
    assert done.stamped
    seen = read_records(target, datetime.now(UTC))
    assert len(seen.positions) == 3
    assert any(FELL.reason in lock.reason for lock in seen.locks)
    with database_trades(Path(), target):
        opened = datetime.now(UTC).replace(tzinfo=None)
        Trade.session.add(Trade(**trade_fields(opened)))
        Trade.commit()
        assert max(trade.id for trade in Trade.get_trades().all()) == 4
        KeyValueStore.store_value("bot_start_time", datetime.now(UTC))
        timeframe, PairLocks.timeframe = PairLocks.timeframe, "5m"
        PairLocks.lock_pair("*", datetime.now(UTC), "x")
        PairLocks.timeframe = timeframe
    Trade.session.get_bind().dispose()


def test_there_and_back_every_value_is_the_same(books: Books, target: str, tmp_path: Path) -> None:
    there = migrate(source_of(books), target)
    back = migrate(target, f"sqlite:///{tmp_path / 'back.sqlite'}")
    assert back.tables == there.tables
    assert not list(tmp_path.glob(".back*"))


def test_the_halt_goes_along_and_the_database_of_before_is_the_older_one(
    books: Books, target: str
) -> None:
    migrate(source_of(books), target, books.bot)
    shutil.copy(books.database, books.folder / "old.sqlite")
    moved = MovedBooks(books.folder, target)
    assert moved.held() == {"drawdown"}, "no halt is lost, and none is made up"
    registry.release()
    assert books.held() == {"drawdown", "state"}, "the old one does not fit the log"
    registry.release()


def test_the_old_one_is_told_also_when_nobody_started_on_the_new_one(
    books: Books, target: str
) -> None:
    migrate(source_of(books), target, books.bot)
    assert "state" in books.held()
    registry.release()


def test_a_re_arming_between_a_move_and_a_start_does_not_loosen(books: Books, target: str) -> None:
    """The log was re-armed beside the old database: the new one is HALTED until somebody looks."""
    migrate(source_of(books), target)
    books.begin()
    registry.release()
    books.resume()
    assert "state" in MovedBooks(books.folder, target).held()
    registry.release()


def test_a_target_with_anything_in_it_is_refused_and_stays(books: Books, target: str) -> None:
    migrate(source_of(books), target)
    before = rows(target, "SELECT * FROM pairlocks ORDER BY id")
    with pytest.raises(PlimsollError, match=r"to be empty, found .*3 rows in trades"):
        migrate(source_of(books), target)
    assert rows(target, "SELECT * FROM pairlocks ORDER BY id") == before


def test_a_running_bot_is_refused_by_log_and_by_database(books: Books, target: str) -> None:
    with (
        DecisionLog(books.state.decisions, secrets=()),
        pytest.raises(PlimsollError, match="a bot runs on"),
    ):
        migrate(source_of(books), target, books.bot)
    with (
        registry.claimed({"db_url": source_of(books)}),
        pytest.raises(PlimsollError, match="only bot on the database"),
    ):
        migrate(source_of(books), target)
    with (
        registry.claimed({"db_url": target}),
        pytest.raises(PlimsollError, match="only bot on the database"),
    ):
        migrate(source_of(books), target)
    assert rows(target, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]


def test_a_value_that_does_not_fit_is_named_and_nothing_is_kept(books: Books, target: str) -> None:
    with closing(sqlite3.connect(books.database)) as connection:
        connection.execute("UPDATE pairlocks SET reason = ? WHERE id = 1", ("x" * 300,))
        connection.commit()
    with pytest.raises(PlimsollError, match=r"pairlocks\.reason of id 1 .* 300 characters"):
        migrate(source_of(books), target)
    assert rows(target, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]


def test_a_source_that_is_written_meanwhile_is_refused(
    books: Books, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from plimsoll.control import migrate as module

    copy = module.copy_tables

    def copied(*both: object) -> object:
        done = copy(*both)  # type: ignore[arg-type]
        with closing(sqlite3.connect(books.database)) as connection:
            connection.execute("UPDATE trades SET stake_amount = stake_amount + 1 WHERE id = 2")
            connection.commit()
        return done

    monkeypatch.setattr(module, "copy_tables", copied)
    with pytest.raises(PlimsollError, match=r"trades of .* was written while"):
        migrate(source_of(books), target)
    assert rows(target, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]


KILLED = """
import os, signal, sys
from plimsoll.control import migrate as module

copy = module.copy_tables
def copied(*both):
    done = copy(*both)
    os.kill(os.getpid(), signal.SIGKILL)
module.copy_tables = copied
module.migrate(sys.argv[1], sys.argv[2])
"""


@pytest.mark.parametrize("back", [False, True], ids=["to PostgreSQL", "to SQLite"])
def test_a_kill_after_the_last_row_leaves_nothing_and_it_is_run_again(
    books: Books, target: str, tmp_path: Path, back: bool
) -> None:
    source, end = source_of(books), target
    if back:
        migrate(source, target)
        source, end = target, f"sqlite:///{tmp_path / 'back.sqlite'}"
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, source, end], check=False, env={**os.environ}, timeout=120
    )
    assert killed.returncode == -signal.SIGKILL
    if back:
        assert not (tmp_path / "back.sqlite").exists()
    assert migrate(source, end).rows > 3


@pytest.mark.parametrize(
    ("source", "end", "said"),
    [
        ("sqlite:///gone.sqlite", "postgresql://a@127.0.0.1/x", "found none"),
        ("sqlite://", "postgresql://a@127.0.0.1/x", "in memory"),
        ("mysql://a@b/c", "sqlite:///x", "expected sqlite:///FILE or postgresql"),
        ("what", "sqlite:///x", "expected sqlite:///FILE or postgresql"),
        ("sqlite:///one.sqlite", "sqlite:///./one.sqlite", "twice"),
        ("postgresql://a:secret@localhost/x", "postgresql+psycopg://b@127.0.0.1:5432/x", "twice"),
    ],
)
def test_an_address_that_cannot_be_meant_is_wrong_usage(source: str, end: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as raised:
        migrate(source, end)
    assert "secret" not in str(raised.value)


def test_a_server_that_does_not_answer_is_one_line_without_the_password(books: Books) -> None:
    end = "postgresql+psycopg://ada:secret@127.0.0.1:1/bot"
    with pytest.raises(PlimsollError, match="refused") as raised:
        migrate(source_of(books), end)
    assert "secret" not in str(raised.value)


def test_a_database_of_another_version_is_refused(books: Books, target: str) -> None:
    with closing(sqlite3.connect(books.database)) as connection:
        connection.execute("ALTER TABLE trades ADD COLUMN of_tomorrow TEXT")
        connection.commit()
    with pytest.raises(PlimsollError, match="trades has a column of_tomorrow"):
        migrate(source_of(books), target)


def test_the_command_says_what_it_moved(books: Books, target: str) -> None:
    words = ["db", "migrate", "--from", source_of(books), "--to", target]
    done = CliRunner().invoke(app, [*words, "--userdir", str(books.folder), "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["stamped"]
    assert {one["name"] for one in told["tables"]} == SIX


class MovedBooks(Books):
    """The same bot on another database."""

    def __init__(self, folder: Path, url: str) -> None:
        super().__init__(folder)
        self._url = url

    @property
    def url(self) -> str:
        return self._url


@pytest.mark.parametrize(
    ("column", "value"), [("lock_end_time", "'yesterday'"), ("reason", "cast(x'ff41' as text)")]
)
def test_a_value_that_cannot_be_read_is_one_line_and_nothing_is_kept(
    books: Books, tmp_path: Path, column: str, value: str
) -> None:
    with closing(sqlite3.connect(books.database)) as connection:
        connection.execute(f"UPDATE pairlocks SET {column} = {value}")
        connection.commit()
    file = tmp_path / "other.sqlite"
    with pytest.raises(PlimsollError, match="was not moved") as caught:
        migrate(source_of(books), f"sqlite:///{file}")
    assert "\n" not in str(caught.value)
    assert not file.exists()
