"""The exchange's dead-man timer: it cancels resting entries when nobody renews it.

Whether it leaves conditional orders alone is not promised by the exchange. It is therefore set only
for pairs that have nothing but resting entries: no position, no stop that could be lost.
"""

from plimsoll.core import PlimsollError
from plimsoll.core.books import ExchangeBooks
from plimsoll.monitoring.account import Account
from plimsoll.monitoring.profile import WatchProfile
from plimsoll.monitoring.sight import Sight
from plimsoll.monitoring.store import Note, Store


class Timer:
    """The timers that a watchdog has set, by pair."""

    def __init__(self, profile: WatchProfile, account: Account | None, store: Store) -> None:
        self._seconds, self._account, self._store = profile.dead_man_seconds, account, store
        self._ignored = frozenset(profile.ignore_pairs)
        self._armed: set[str] = set()

    def renew(self, sight: Sight, *, is_well: bool) -> None:
        """Renew the timers while all is well; take those back whose pair may lose a stop."""
        if self._seconds is None or self._account is None or sight.account is None:
            return
        if sight.account.books.fault is not None:
            return
        wanted = entries_alone(sight.account.books) - self._ignored
        for pair in sorted(self._armed - wanted):
            if self._set(self._account, sight, pair, 0.0):
                self._armed.discard(pair)
        for pair in sorted(wanted) if is_well else ():
            if self._set(self._account, sight, pair, self._seconds):
                self._armed.add(pair)

    def _set(self, account: Account, sight: Sight, pair: str, seconds: float) -> bool:
        if (pair in self._armed) != bool(seconds):
            self._store.note(Note.TIMER, sight.at, pair=pair, seconds=seconds)
        try:
            account.arm_timer(pair, seconds)
        except PlimsollError as error:
            self._store.note(Note.FAILED, sight.at, step="timer", text=pair, error=str(error))
            return False
        return True


def entries_alone(books: ExchangeBooks) -> set[str]:
    """Return the pairs whose open orders may all be cancelled: entries, and nothing behind them."""
    opening = {one.pair for one in books.orders if not one.reduce_only and not one.conditional}
    held = {one.pair for one in books.positions}
    stops = {one.pair for one in books.orders if one.conditional or one.reduce_only}
    return opening - held - stops
