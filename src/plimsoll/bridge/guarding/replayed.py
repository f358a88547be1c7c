"""The guards of a replayed bot: what they read and write in each loop, as seldom as can be."""

import time
import weakref
from collections.abc import Callable, Mapping
from typing import Any

from plimsoll.bridge.account.closed_trades import ClosedTrades
from plimsoll.bridge.freqtrade.replay_clock import ReplayClock
from plimsoll.bridge.freqtrade.replay_database import Changes
from plimsoll.bridge.freqtrade.replay_speed import AtEnd
from plimsoll.bridge.state.folder import StateFolder
from plimsoll.core import ClosedTrade

STATUS_EVERY_SECONDS = 1.0


def quicken_guards(at_end: AtEnd, changes: Changes) -> None:
    """Replace the guards' slow parts for the rest of this process; not to be called twice."""
    remember_closed_trades(changes)
    write_status_seldom(at_end)


def remember_closed_trades(changes: Changes) -> None:
    """Let the guards look for trades that have closed after changes only."""
    read, read_at = ClosedTrades.read, weakref.WeakKeyDictionary[ClosedTrades, int]()

    def read_changes(self: ClosedTrades) -> list[ClosedTrade]:
        if read_at.get(self) == changes.count:
            return []
        new = read(self)
        read_at[self] = changes.count
        return new

    ClosedTrades.read = read_changes  # type: ignore[method-assign]


def write_status_seldom(write_at_end: AtEnd) -> None:
    """Write the guards' status once a real second, and the last one at the end.

    It is written for people, who read no more of it.
    """
    write = StateFolder.write_status
    due = 0.0
    waits: list[Callable[[], None]] = []

    def write_status(self: StateFolder, status: Mapping[str, Any]) -> None:
        nonlocal due
        waits.clear()
        if time.monotonic() < due:
            waits.append(lambda: write(self, status))
            return
        due = time.monotonic() + STATUS_EVERY_SECONDS
        write(self, status)

    def write_last() -> None:
        for last in waits:
            last()

    StateFolder.write_status = write_status  # type: ignore[method-assign]
    write_at_end(write_last)


class GuardedReplayClock(ReplayClock):
    """The stepped clock of a bot with our guards around its strategy."""

    also = staticmethod(quicken_guards)
