"""Whether this process has written to Freqtrade's database since somebody read it."""

from collections.abc import Callable
from functools import cache
from itertools import count
from typing import Any

from freqtrade.persistence import Trade
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session


class WriteCounter:
    """Counts the writes of all threads, the bot's own and those of Telegram and REST.

    A write counts when it is sent and again when it is committed: what another thread has read
    in between is old then.
    """

    def __init__(self) -> None:
        self._next: Callable[[], int] = count(1).__next__
        self.writes = 0

    def listen(self) -> None:
        """Hear of every write of this process from now on."""
        event.listen(Engine, "after_cursor_execute", self._executed)
        event.listen(Session, "after_commit", self._written)
        event.listen(Session, "after_rollback", self._written)

    def _executed(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.lstrip().upper().startswith("SELECT"):
            self._written()

    def _written(self, *_: Any) -> None:
        self.writes = self._next()


@cache
def write_counter() -> WriteCounter:
    """Return the counter of this process, listening since it was first asked for."""
    counter = WriteCounter()
    counter.listen()
    return counter


def is_written() -> bool:
    """Return whether this thread has no change of a trade or an order that is not yet written.

    Also false after a write that failed: whoever reads then is to hear of it.
    """
    session = Trade.session()
    changed = session.identity_map.check_modified() or session.new or session.deleted
    return session.is_active and not changed
