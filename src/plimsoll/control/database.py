"""A bot's database, read beside a bot that may be running."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from freqtrade.persistence import Order, Trade, WalletHistory
from freqtrade.persistence.key_value_store import _KeyValueStoreModel
from freqtrade.persistence.pairlock import PairLock
from sqlalchemy import Engine, create_engine, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.orm import Session, scoped_session, sessionmaker
from sqlalchemy.pool import NullPool

from plimsoll.bridge.account.freqtrade_trades import side_of
from plimsoll.bridge.state.locks import verdict_of
from plimsoll.bridge.state.stamp import KEY, Stamp, stamp_in
from plimsoll.core import Mode, PlimsollError, Side, UsageError
from plimsoll.core.addresses import without_password

LOCKED = "database is locked"
"""What SQLite says where another connection holds a database for itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPosition:
    """One open trade as the bot recorded it."""

    id: int
    pair: str
    side: Side
    amount: float
    entry_price: float
    stake_usd: float
    leverage: float
    stop_price: float | None
    opened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveLock:
    """One lock that denies entries; ``mode`` is a verdict's, ``None`` when it is not one."""

    pair: str
    reason: str
    until: datetime
    mode: Mode | None


@dataclass(frozen=True, slots=True)
class BotRecords:
    """What a database says of this moment."""

    positions: tuple[OpenPosition, ...]
    locks: tuple[ActiveLock, ...]


def read_records(db_url: str, now: datetime) -> BotRecords:
    """Return open positions and active locks, without writing or migrating anything.

    Raises
    ------
    UsageError
        When there is no such database.
    PlimsollError
        When it cannot be read, or is none of this Freqtrade.
    """
    with _reading(db_url) as engine, Session(engine) as session:
        trades = session.scalars(select(Trade).where(Trade.is_open.is_(True)).order_by(Trade.id))
        positions = tuple(_position(trade) for trade in trades.unique())
        locks = session.scalars(
            select(PairLock)
            .where(PairLock.active.is_(True))
            .where(PairLock.lock_end_time > now.astimezone(UTC).replace(tzinfo=None))
            .order_by(PairLock.id)
        )
        return BotRecords(positions, tuple(_lock(lock) for lock in locks))


@contextmanager
def opened_to_read(db_url: str) -> Iterator[None]:
    """Let Freqtrade's own models read a database for the length of the block, and write nothing.

    Raises
    ------
    UsageError
        When there is no such database.
    PlimsollError
        When it cannot be read, or is none of this Freqtrade.
    """
    models: tuple[Any, ...] = (Trade, Order, PairLock, _KeyValueStoreModel, WalletHistory)
    before = [getattr(model, "session", None) for model in models]
    with _reading(db_url) as engine:
        session = scoped_session(sessionmaker(bind=engine, autoflush=False))
        for model in models:
            model.session = session
        try:
            yield
        finally:
            session.remove()
            for model, old in zip(models, before, strict=True):
                model.session = old


@contextmanager
def _reading(db_url: str) -> Iterator[Engine]:
    engine = _engine(db_url)
    try:
        yield engine
    except (SQLAlchemyError, sqlite3.Error, ImportError) as error:
        raise _unread(db_url, error) from None
    finally:
        engine.dispose()


def read_stamp(db_url: str) -> Stamp | None:
    """Return the stamp by which database and decision log know each other; ``None`` without one.

    Raises
    ------
    UsageError
        When there is no such database.
    PlimsollError
        When it cannot be read.
    """
    engine = _engine(db_url)
    try:
        with Session(engine) as session:
            row = select(_KeyValueStoreModel.string_value).where(_KeyValueStoreModel.key == KEY)
            return stamp_in(session.scalar(row))
    except (SQLAlchemyError, sqlite3.Error, ImportError) as error:
        raise _unread(db_url, error) from None
    finally:
        engine.dispose()


def is_missing(db_url: str) -> bool:
    """Return whether a database is a file that is not there."""
    try:
        _engine(db_url).dispose()
    except UsageError:
        return True
    except PlimsollError:
        return False
    return False


def _engine(db_url: str) -> Engine:
    try:
        url = make_url(db_url)
    except ArgumentError:
        raise UsageError(f"expected a database such as sqlite:///FILE, found {db_url!r}") from None
    if url.get_backend_name() != "sqlite":
        try:
            return create_engine(url, poolclass=NullPool)
        except (SQLAlchemyError, ImportError) as error:
            raise PlimsollError(f"{shown_address(db_url)} cannot be read: {error}") from None
    if url.database in (None, "", ":memory:"):
        raise PlimsollError(f"the database {db_url} is in the bot's memory and cannot be read")
    file = Path(str(url.database))
    if not file.is_file():
        raise UsageError(
            f"expected the bot's database at {file.resolve()}, found none; name it with --db-url, "
            "or its config files with -c"
        )
    return create_engine("sqlite://", creator=_reader(file), poolclass=NullPool)


def _reader(file: Path) -> Callable[[], sqlite3.Connection]:
    address = f"{file.resolve().as_uri()}?mode=ro"
    return lambda: sqlite3.connect(address, uri=True)


def _unread(db_url: str, error: Exception) -> PlimsollError:
    """Return why a database cannot be read; one that a writer holds is still Freqtrade's own."""
    said = str(error).splitlines()[0]
    if LOCKED in said:
        return PlimsollError(
            f"{shown_address(db_url)} is locked by a program that writes it; "
            "try again when that is done"
        )
    return PlimsollError(f"{shown_address(db_url)} is no database of this Freqtrade: {said}")


def shown_address(db_url: str) -> str:
    """Return a database's address as it may be shown to anybody: without its password."""
    return without_password(make_url(db_url).render_as_string(hide_password=True))


def _position(trade: Trade) -> OpenPosition:
    return OpenPosition(
        id=trade.id,
        pair=trade.pair,
        side=side_of(trade),
        amount=trade.amount,
        entry_price=trade.open_rate,
        stake_usd=trade.stake_amount,
        leverage=trade.leverage,
        stop_price=trade.stop_loss or None,
        opened_at=trade.open_date_utc,
    )


def _lock(lock: PairLock) -> ActiveLock:
    verdict = verdict_of(lock)
    return ActiveLock(
        pair=lock.pair,
        reason=lock.reason or "no reason given",
        until=lock.lock_end_time_utc,
        mode=None if verdict is None else verdict.mode,
    )
