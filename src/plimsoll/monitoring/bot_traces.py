"""What a bot leaves in its folder and its database. The one thing written is the flag file."""

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from plimsoll.core import Side
from plimsoll.monitoring.sight import BookedTrade, DatabaseSight

POSTGRESQL = "postgresql"
HALT, STATUS = "halt", "status.json"
BUSY_SECONDS = 3.0
CONNECT_SECONDS = STATEMENT_SECONDS = 3
"""How long PostgreSQL may take; the first counts for drivers that are built on its own library."""
LIBPQ = frozenset({"psycopg", "psycopg2", "psycopg2cffi"})
TRADES = "SELECT id, pair, is_short, amount FROM trades WHERE is_open"
ORDERS = (
    "SELECT orders.order_id FROM orders JOIN trades ON orders.ft_trade_id = trades.id "
    "WHERE trades.is_open"
)


def last_trace(folder: Path | None) -> datetime | None:
    """Return when a guarded bot last wrote its status; ``None`` when that cannot be seen."""
    if folder is None:
        return None
    try:
        return datetime.fromtimestamp((folder / STATUS).stat().st_mtime, UTC)
    except OSError:
        return None


def is_flag_up(folder: Path | None) -> bool | None:
    """Return whether the flag file that halts the bot exists; ``None`` without its folder."""
    if folder is None or not folder.is_dir():
        return None
    try:
        return (folder / HALT).exists()
    except OSError:
        return None


def raise_flag(folder: Path, reason: str) -> None:
    """Halt the bot by its flag file, as ``plimsoll halt`` does; one that is up keeps its reason.

    Raises
    ------
    OSError
        When it cannot be written.
    """
    with (folder / HALT).open("x", encoding="utf-8") as file:
        file.write(f"{reason}\n")


def read_database(db_url: str) -> DatabaseSight:
    """Return open trades and the ids of their orders, read only; a fault is told, not raised."""
    try:
        engine = reading_engine(db_url)
    except (SQLAlchemyError, ValueError, ImportError) as error:
        return DatabaseSight(fault=_words(error))
    try:
        with engine.connect() as connection:
            if engine.dialect.name == POSTGRESQL:  # for this transaction, also behind a pool
                connection.execute(
                    text(f"SET LOCAL statement_timeout = {STATEMENT_SECONDS * 1000}")
                )
            trades = tuple(_trade(row) for row in connection.execute(text(TRADES)))
            orders = frozenset(str(row[0]) for row in connection.execute(text(ORDERS)))
            return DatabaseSight(trades=trades, order_ids=orders)
    except (SQLAlchemyError, sqlite3.Error, OSError, TypeError, ValueError) as error:
        return DatabaseSight(fault=_words(error))
    finally:
        engine.dispose()


def reading_engine(db_url: str) -> Engine:
    """Return an engine that reads a database and writes nothing.

    Raises
    ------
    SQLAlchemyError, ValueError, ImportError
        When it is no address, its driver is missing, or it is in the bot's memory.
    """
    url = make_url(db_url)
    if url.get_backend_name() != "sqlite":
        libpq = url.get_backend_name() == POSTGRESQL and url.get_driver_name() in LIBPQ
        timeouts = {"connect_timeout": CONNECT_SECONDS} if libpq else {}
        return create_engine(url, poolclass=NullPool, connect_args=timeouts)
    if url.database in (None, "", ":memory:"):
        raise ValueError("it is in the bot's memory")
    return create_engine("sqlite://", creator=_reader(Path(str(url.database))), poolclass=NullPool)


def _reader(file: Path) -> Callable[[], sqlite3.Connection]:
    address = f"{file.resolve().as_uri()}?mode=ro"
    return lambda: sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS)


def _trade(row: Any) -> BookedTrade:
    return BookedTrade(
        id=int(row[0]),
        pair=str(row[1]),
        side=Side.SHORT if row[2] else Side.LONG,
        amount=float(row[3] or 0.0),
    )


def _words(error: Exception) -> str:
    return (str(getattr(error, "orig", None) or error) or type(error).__name__).splitlines()[0]
