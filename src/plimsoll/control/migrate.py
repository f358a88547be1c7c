"""A bot's database moved to another one, whole or not at all.

What is moved is all that Freqtrade keeps: trades, orders, locks and, among them, what our guards
hold; the values that our stamp, levels and peak are. The decision log stays where it is and is
stamped with the target, so that the database of before is known for the older one from then on: a
bot that is started on it is HALTED until a person has looked.
"""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from freqtrade.persistence.base import ModelBase
from sqlalchemy import Connection, Engine, create_engine, inspect, select, update
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from plimsoll.bridge.freqtrade.database_connections import connect_options
from plimsoll.bridge.state import registry
from plimsoll.bridge.state.recorder import secrets_of
from plimsoll.bridge.state.stamp import KEY, Stamp, new_stamp, stamp_in, stamp_text
from plimsoll.control.backup_file import synced
from plimsoll.control.bot import Bot, now_of, rest_state
from plimsoll.control.database_address import address_of, shown
from plimsoll.control.database_copy import (
    POSTGRESQL,
    SQLITE,
    TableTotals,
    copy_tables,
    require_columns,
    rows_in,
    tables,
    totals_of,
)
from plimsoll.control.rearm import is_written
from plimsoll.core import PlimsollError, UsageError
from plimsoll.journal.kind import Kind
from plimsoll.journal.latch_record import last_start, read_latch
from plimsoll.journal.log import DecisionLog

KEY_VALUES = "KeyValueStore"
ONE_MOMENT = "REPEATABLE READ"
"""The isolation in which PostgreSQL shows a database as it was when the reading began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migrated:
    """What was moved.

    Attributes
    ----------
    tables
        What both sides agree about.
    left
        Tables of the source that are none of Freqtrade's, and were left there.
    stamped
        Whether the decision log knows the target, and no longer the source.
    """

    tables: tuple[TableTotals, ...]
    left: tuple[str, ...]
    stamped: bool

    @property
    def rows(self) -> int:
        """How many rows were moved."""
        return sum(one.rows for one in self.tables)


def migrate(from_url: str, to_url: str, bot: Bot | None = None) -> Migrated:
    """Copy a database into an empty one, and compare the two; the source is only read.

    Parameters
    ----------
    from_url, to_url
        Their addresses.
    bot
        Whose decision log is stamped; without one no log is, and whoever has one should name it.

    Raises
    ------
    UsageError
        When an address is of another kind, there is nothing to move, or both are one.
    PlimsollError
        When a bot runs on either, the target is not empty, a value does not fit, or the copy
        differs; the target is as it was.
    """
    source, target = address_of(from_url), address_of(to_url)
    if _name(source) == _name(target):
        raise UsageError(f"expected two databases, found {shown(source)} twice")
    if source.get_backend_name() == SQLITE and not Path(str(source.database)).is_file():
        raise UsageError(f"expected a database to move at {shown(source)}, found none")
    _require_stopped(bot)
    try:
        with _claimed(source), _claimed(target), _reading(source) as read:
            require_columns(read, shown(source))
            left = tuple(_foreign(read))
            with _writing(target) as write:
                copied = copy_tables(read, write)
                stamp = _stamped(bot, write)
                _require_unchanged(source, copied)
    except (SQLAlchemyError, sqlite3.Error, OSError, ValueError, TypeError) as error:
        said = (str(getattr(error, "orig", None) or error) or type(error).__name__).splitlines()[0]
        raise PlimsollError(
            f"{shown(source)} was not moved to {shown(target)}: {said}; "
            "run it again once that is mended"
        ) from None
    if bot is not None and stamp is not None:
        _record(bot, stamp, shown(target))
    return Migrated(tables=copied, left=left, stamped=stamp is not None)


def copy_to_file(db_url: str, file: Path) -> tuple[TableTotals, ...]:
    """Copy a database of a server, as it is at one moment, into a new file of SQLite's.

    Raises
    ------
    PlimsollError
        When it cannot be read, or a copy differs.
    """
    source = address_of(db_url)
    file.unlink(missing_ok=True)
    try:
        with _reading(source) as read:
            require_columns(read, shown(source))
            with _engine(URL.create(SQLITE, database=str(file))).begin() as write:
                copied = copy_tables(read, write)
        _settled(file)
    except (SQLAlchemyError, sqlite3.Error, ValueError, TypeError) as error:
        said = (str(getattr(error, "orig", None) or error) or type(error).__name__).splitlines()[0]
        raise PlimsollError(f"{shown(source)} cannot be copied: {said}") from None
    return copied


def _name(url: URL) -> object:
    """Return what a database is known by, however it is written."""
    return registry.database_name({"db_url": url.render_as_string(hide_password=False)})


def _require_stopped(bot: Bot | None) -> None:
    if bot is None:
        return
    if is_written(bot.folder.decisions):
        raise PlimsollError(f"a bot runs on {bot.folder.path}: end it, then migrate")
    if (state := rest_state(bot.config)) is not None:
        raise PlimsollError(f"a bot answers over REST, {state}: end it, then migrate")


@contextmanager
def _claimed(url: URL) -> Iterator[None]:
    """Have a database alone: no bot of this machine has it, nor one of its server's."""
    with registry.claimed({"db_url": url.render_as_string(hide_password=False)}):
        yield


def _engine(url: URL) -> Engine:
    return create_engine(url, poolclass=NullPool, connect_args=connect_options(url))


@contextmanager
def _reading(url: URL) -> Iterator[Connection]:
    """Read a database as it is at one moment, and write nothing."""
    if url.get_backend_name() == SQLITE:
        address = f"{Path(str(url.database)).resolve().as_uri()}?mode=ro"

        def connect() -> sqlite3.Connection:
            connection = sqlite3.connect(address, uri=True, timeout=30)
            connection.isolation_level = None
            connection.execute("BEGIN")
            return connection

        engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)
    else:
        engine = _engine(url).execution_options(isolation_level=ONE_MOMENT)
    try:
        with engine.connect() as connection:
            if url.get_backend_name() == POSTGRESQL:
                connection.exec_driver_sql("SET TRANSACTION READ ONLY")
            yield connection
    finally:
        engine.dispose()


@contextmanager
def _writing(url: URL) -> Iterator[Connection]:
    """Write into an empty database; what is not whole at the end is not there.

    A server does so in one transaction. A file is made beside its place, and moved there.
    """
    if url.get_backend_name() == POSTGRESQL:
        with _engine(url).begin() as connection:
            _require_empty(connection, shown(url))
            yield connection
        return
    file = Path(str(url.database)).resolve()
    if file.exists():
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as there:
            engine = create_engine("sqlite://", creator=lambda: there, poolclass=NullPool)
            with engine.connect() as connection:
                _require_empty(connection, shown(url))
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}.{os.getpid()}")
    part.unlink(missing_ok=True)
    try:
        with _engine(URL.create(SQLITE, database=str(part))).begin() as connection:
            yield connection
        _settled(part)
        part.chmod(0o600)
        synced(part)
        part.replace(file)
        for end in ("-wal", "-shm", "-journal"):  # of the empty one that was there
            Path(f"{file}{end}").unlink(missing_ok=True)
        synced(file.parent)
    finally:
        part.unlink(missing_ok=True)


def _settled(file: Path) -> None:
    with closing(sqlite3.connect(file, timeout=5)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")


def _require_empty(connection: Connection, which: str) -> None:
    full = {name: rows for name, rows in rows_in(connection).items() if rows}
    if full:
        said = ", ".join(f"{rows} rows in {name}" for name, rows in full.items())
        raise PlimsollError(
            f"expected {which} to be empty, found {said}; name another one: "
            "what two databases hold is never mixed"
        )


def _foreign(connection: Connection) -> Sequence[str]:
    ours = {table.name for table in tables()}
    return sorted(set(inspect(connection).get_table_names()) - ours)


def _require_unchanged(url: URL, copied: Sequence[TableTotals]) -> None:
    """Refuse a source that was written meanwhile: a bot without guards may run on it."""
    with _reading(url) as connection:
        for table, before in zip(tables(), copied, strict=True):
            if totals_of(connection, table) != before:
                raise PlimsollError(
                    f"{table.name} of {shown(url)} was written while it was copied: a bot runs "
                    "on it; end it, then migrate. Nothing was kept"
                )


def _stamped(bot: Bot | None, target: Connection) -> Stamp | None:
    """Stamp the target anew, beside the log's last stamp; ``None`` where no log is its own."""
    table = ModelBase.metadata.tables[KEY_VALUES]
    if bot is None:
        return None
    known = stamp_in(target.scalar(select(table.c.string_value).where(table.c.key == KEY)))
    if known is None or not known.current:
        return None  # no guarded bot was ever on it, or what it says cannot be read: kept as it is
    logged = read_latch(bot.folder.decisions, known.account).stamp
    if logged not in (known.current, known.previous):
        return None  # they do not belong together, and the next start says so
    stamp = new_stamp(known.account, logged)
    target.execute(update(table).where(table.c.key == KEY).values(string_value=stamp_text(stamp)))
    return stamp


def _record(bot: Bot, stamp: Stamp, target: str) -> None:
    """Let the log know the target: from here on the source is the older database."""
    start = last_start(bot.folder.decisions) or {}
    with DecisionLog(bot.folder.decisions, secrets=secrets_of(bot.config)) as log:
        log.append(
            Kind.STAMP,
            now_of(bot, bot.folder.status()),
            durable=True,
            account=stamp.account,
            account_name=start.get("account_name"),
            stamp=stamp.current,
            moved_to=target,
        )
