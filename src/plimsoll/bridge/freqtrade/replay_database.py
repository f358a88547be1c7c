"""Ask Freqtrade's database once for what has not changed since; write at the end what may wait.

For a process that is alone with its database, as a replayed bot is: what nobody wrote is what was
read before.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from freqtrade.persistence import KeyValueStore, Trade
from freqtrade.persistence.pairlock import PairLock
from sqlalchemy import event, func, select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

FEES_UNKNOWN = (
    "get_open_trades_without_assigned_fees",
    "get_closed_trades_without_assigned_fees",
)


class Changes:
    """Counts what alters the database: statements that are no SELECT, and rollbacks."""

    def __init__(self) -> None:
        self.count = 0
        self.uncommitted = False

    def listen(self) -> None:
        """Hear of every change of this process from now on."""
        event.listen(Engine, "after_cursor_execute", self._executed)
        event.listen(Session, "after_rollback", self._changed)
        event.listen(Session, "after_commit", self._committed)

    def _executed(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.lstrip()[:6].upper().startswith("SELECT"):
            self._changed()

    def _changed(self, *_: Any) -> None:
        self.count += 1
        self.uncommitted = True

    def _committed(self, *_: Any) -> None:
        self.uncommitted = False


def trust_the_disk() -> None:
    """Let SQLite not wait for the disk: a run that is cut off goes on from a checkpoint."""

    def connected(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA synchronous=OFF")
        cursor.close()

    event.listen(Engine, "connect", connected)


def skip_empty_commits(changes: Changes) -> None:
    """Do not commit where nothing was written: it would only make all be read again."""
    commit = Session.commit

    def commit_changes(self: Session) -> None:
        if changes.uncommitted or self.new or self.deleted or self.identity_map.check_modified():
            commit(self)

    Session.commit = commit_changes  # type: ignore[method-assign]


class Remembered:
    """What was read from the database, for as long as nothing has changed in it since.

    What the session has not written yet is unknown to a query as well: it writes nothing first.
    """

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._known: dict[str, tuple[int, Any]] = {}

    def value(self, name: str, read: Callable[[], Any]) -> Any:
        """Return what was read under a name, or read it."""
        at, value = self._known.get(name, (-1, None))
        if at != self._changes.count:
            value = read()
            self._known[name] = (self._changes.count, value)
        return value


def remember_trades(changes: Changes) -> None:
    """Read open trades, their number and stakes, and what closed ones made, after changes only."""
    ask, count = Trade.get_trades_proxy, Trade.get_open_trade_count
    profit, stakes = Trade.get_total_closed_profit, Trade.total_open_trades_stakes
    known = Remembered(changes)

    def get_trades_proxy(**wanted: Any) -> list[Any]:
        if wanted != {"is_open": True}:
            return list(ask(**wanted))
        return list(known.value("open", lambda: ask(is_open=True)))

    Trade.get_trades_proxy = staticmethod(get_trades_proxy)  # type: ignore[method-assign]
    Trade.get_open_trade_count = staticmethod(  # type: ignore[method-assign]
        lambda: int(known.value("count", count))
    )
    Trade.get_total_closed_profit = staticmethod(  # type: ignore[method-assign]
        lambda: float(known.value("profit", profit))
    )
    Trade.total_open_trades_stakes = staticmethod(  # type: ignore[method-assign]
        lambda: float(known.value("stakes", stakes))
    )


def remember_unknown_fees(changes: Changes) -> None:
    """Look for trades whose fees are unknown, which Freqtrade does in live mode, after changes."""
    known = Remembered(changes)
    for name in FEES_UNKNOWN:
        ask = getattr(Trade, name)

        def asked(name: str = name, ask: Callable[[], list[Any]] = ask) -> list[Any]:
            return list(known.value(name, ask))

        setattr(Trade, name, staticmethod(asked))


class NoRows:
    """The answer of a query that finds nothing."""

    def all(self) -> list[Any]:
        """Return no rows."""
        return []

    def first(self) -> None:
        """Return no row."""

    def __iter__(self) -> Iterator[Any]:
        return iter(())


def remember_locks(changes: Changes) -> None:
    """Ask for locks only while there is one; when the last ends is read after each change."""
    query = PairLock.query_pair_locks
    known: list[Any] = [-1, None]

    def query_pair_locks(pair: str | None, now: datetime, side: str | None = None) -> Any:
        if known[0] != changes.count:
            latest = select(func.max(PairLock.lock_end_time)).filter(PairLock.active.is_(True))
            known[:] = changes.count, PairLock.session.execute(latest).scalar_one()
        if known[1] is None or known[1] <= now.replace(tzinfo=None):
            return NoRows()
        return query(pair, now, side)

    PairLock.query_pair_locks = staticmethod(query_pair_locks)  # type: ignore[method-assign]


def keep_values(write_at_end: Callable[[Callable[[], None]], None]) -> None:
    """Keep Freqtrade's key-value store in memory, and write what it holds at the end."""
    store, get, delete = (
        KeyValueStore.store_value,
        KeyValueStore.get_value,
        KeyValueStore.delete_value,
    )
    kept: dict[Any, Any] = {}

    def store_value(key: Any, value: Any) -> None:
        kept[key] = value

    def get_value(key: Any) -> Any:
        if key not in kept:
            return get(key)
        value = kept[key]
        return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value

    def delete_value(key: Any) -> None:
        kept.pop(key, None)
        delete(key)

    def write() -> None:
        for key, value in kept.items():
            store(key, value)
        kept.clear()

    KeyValueStore.store_value = staticmethod(store_value)  # type: ignore[method-assign]
    KeyValueStore.get_value = staticmethod(get_value)  # type: ignore[method-assign]
    KeyValueStore.delete_value = staticmethod(delete_value)  # type: ignore[method-assign]
    write_at_end(write)
