"""Who removed a lock: a person, by Telegram's ``/unlock`` or over REST, or anybody else.

Both end in one method of Freqtrade's RPC. Code of a strategy that unlocks (``unlock_pair``,
``unlock_reason``) does not pass by there, nor does a row that was deleted.
"""

import functools
import threading
from typing import Any

from freqtrade.persistence import PairLocks
from freqtrade.persistence.pairlock import PairLock
from freqtrade.rpc.rpc import RPC

_MARK = "_plimsoll_notes_removals"

_ids: set[int] = set()
_mutex = threading.Lock()


def note_removals() -> None:
    """Note from now on which locks a person removes; a second call changes nothing."""
    original = RPC._rpc_delete_lock  # noqa: SLF001 - both interfaces end here
    if hasattr(original, _MARK):
        return

    @functools.wraps(original)
    def noting(self: RPC, lockid: int | None = None, pair: str | None = None) -> dict[str, Any]:
        # Before they end: a loop may look at any moment.
        wanted = {
            lock.id for lock in _active() if lock.id == lockid or (pair and lock.pair == pair)
        }
        with _mutex:
            _ids.update(wanted)
        try:
            return original(self, lockid=lockid, pair=pair)
        except BaseException:
            with _mutex:
                _ids.difference_update(wanted)
            raise

    setattr(noting, _MARK, True)
    RPC._rpc_delete_lock = noting  # type: ignore[method-assign]  # noqa: SLF001


def take_removal(lock_id: int) -> bool:
    """Return once whether a person has removed a lock."""
    with _mutex:
        taken = lock_id in _ids
        _ids.discard(lock_id)
    return taken


def _active() -> list[PairLock]:
    return list(PairLocks.get_pair_locks(None))
