"""Verdicts that have acted, kept in Freqtrade's own database as pair locks.

A lock survives a crash, shows in Telegram and in the REST API, and is what a person removes to
re-arm. In a backtest the locks are a list in memory.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta

from freqtrade.persistence import PairLocks
from freqtrade.persistence.pairlock import PairLock
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from plimsoll.bridge.freqtrade.database_connections import POSTGRESQL
from plimsoll.core import Mode, Verdict
from plimsoll.risk.latch import Key

PREFIX = "plimsoll"
ALL_PAIRS = "*"
REASON_LENGTH = 255
ABORTED = (3, 4)
"""What both drivers call a transaction that is to be rolled back: in error, or not known."""
FOREVER = timedelta(days=365 * 100)


def lock_text(verdict: Verdict) -> str:
    """Return the reason of a lock; `held_verdicts` reads it back."""
    return f"{PREFIX} {verdict.mode.name} {verdict.rule}: {verdict.reason}"[:REASON_LENGTH]


def hold(verdict: Verdict, now: datetime) -> bool:
    """Lock the pair of a verdict, or all pairs: until its end, or for good when HALTED.

    A lock of the same rule that ends earlier is replaced: there is one lock a rule and pair.
    Return whether a lock was made; there may be one that lasts as long.
    """
    until = now + FOREVER if verdict.until is None else verdict.until
    for lock in PairLocks.get_pair_locks(verdict.pair or ALL_PAIRS, now):
        if _is_ours(lock) and _verdict_of(lock).rule == verdict.rule:
            if lock.lock_end_time_utc >= until:
                return False
            lock.lock_end_time = now
    PairLocks.lock_pair(verdict.pair or ALL_PAIRS, until, lock_text(verdict), now=now)
    return True


def held_verdicts(now: datetime) -> dict[Key, Verdict]:
    """Return what the active locks say is held.

    A lock of ours whose text cannot be read counts as HALTED: a latch is never lost to a typo.
    """
    held = (_verdict_of(lock) for lock in PairLocks.get_pair_locks(None, now) if _is_ours(lock))
    return {(verdict.rule, verdict.pair): verdict for verdict in held}


def number_of(verdict: Verdict, now: datetime) -> int | None:
    """Return the number by which a person ends a verdict's lock; ``None`` when there is none."""
    for lock in PairLocks.get_pair_locks(verdict.pair or ALL_PAIRS, now):
        if _is_ours(lock) and _verdict_of(lock).rule == verdict.rule:
            return lock.id
    return None


def release(keys: Iterable[Key], now: datetime) -> None:
    """End the locks of these rules, as Freqtrade's ``/unlock`` does."""
    wanted = set(keys)
    for lock in PairLocks.get_pair_locks(None, now):
        if _is_ours(lock):
            verdict = _verdict_of(lock)
            if (verdict.rule, verdict.pair) in wanted:
                _end(lock, now)
    _commit()


def release_older(released: Mapping[Key, datetime], now: datetime) -> None:
    """End what a person has ended on record and the database still holds.

    A lock that was made after that moment is of another halt.
    """
    stale = []
    for lock in PairLocks.get_pair_locks(None, now) if released else ():
        if _is_ours(lock):
            verdict = _verdict_of(lock)
            ended_at = released.get((verdict.rule, verdict.pair))
            if ended_at is not None and lock.lock_time.replace(tzinfo=UTC) <= ended_at:
                stale.append(lock)
    for lock in stale:
        _end(lock, now)
    if stale:
        _commit()


def row_of(verdict: Verdict) -> PairLock | None:
    """Return the newest row that a verdict has or had, active or not; ``None`` without one."""
    key = verdict.rule, verdict.pair
    rows = [lock for lock in PairLocks.get_all_locks() if _is_ours(lock) and _key_of(lock) == key]
    return max(rows, key=lambda lock: lock.id or 0, default=None)


def put_back(verdict: Verdict, now: datetime) -> None:
    """Lock again what was unlocked: in its old row, which would pass for a re-arming later."""
    row = row_of(verdict)
    if row is None:
        hold(verdict, now)
        return
    if PairLocks.use_db:
        PairLock.session.refresh(row)  # another thread or process may have changed it
    row.active = True
    row.lock_end_time = now + FOREVER if verdict.until is None else verdict.until
    _commit()


def last_rearm(now: datetime) -> datetime | None:
    """Return when a person last ended a HALTED lock; ``None`` when nobody ever did.

    A lock that was made inactive without an end (another way than ``/unlock``) ends now.
    """
    ended = [
        lock
        for lock in PairLocks.get_all_locks()
        if not lock.active and (lock.reason or "").startswith(f"{PREFIX} {Mode.HALTED.name} ")
    ]
    for lock in ended:
        if lock.lock_end_time_utc > now:
            _end(lock, now)
    if ended:
        _commit()
    return max((lock.lock_end_time_utc for lock in ended), default=None)


def locked_because(now: datetime) -> Callable[[str], str | None]:
    """Return who tells of a pair why Freqtrade takes no entry in it; ``None`` when it may.

    The database is asked once, for all pairs.
    """
    reasons: dict[str, str] = {}
    for lock in PairLocks.get_pair_locks(None, now):
        reasons.setdefault(lock.pair, lock.reason or "no reason given")
    return lambda pair: reasons.get(ALL_PAIRS, reasons.get(pair))


def verdict_of(lock: PairLock) -> Verdict | None:
    """Return the verdict that a lock keeps; ``None`` for a lock that is not ours."""
    return _verdict_of(lock) if _is_ours(lock) else None


def _is_ours(lock: PairLock) -> bool:
    return (lock.reason or "").startswith(f"{PREFIX} ")


def _verdict_of(lock: PairLock) -> Verdict:
    words, _, reason = (lock.reason or "").partition(": ")
    _, _, rest = words.partition(" ")
    name, _, rule = rest.partition(" ")
    pair = None if lock.pair == ALL_PAIRS else lock.pair
    if name not in (Mode.FLATTEN.name, Mode.HALTED.name) or not rule:
        return Verdict(Mode.HALTED, "unreadable_lock", lock.reason or "?", pair=pair)
    mode = Mode[name]
    until = None if mode is Mode.HALTED else lock.lock_end_time_utc.astimezone(UTC)
    return Verdict(mode, rule, reason or "no reason given", until, pair=pair)


def _key_of(lock: PairLock) -> Key:
    verdict = _verdict_of(lock)
    return verdict.rule, verdict.pair


def _end(lock: PairLock, now: datetime) -> None:
    lock.active = False
    lock.lock_end_time = now


def forget_failed_write() -> None:
    """Roll a failed write back: it would fail all that follow, Freqtrade's own among them.

    On PostgreSQL a question that failed does so, too.
    """
    if PairLocks.use_db and (not PairLock.session.is_active or _is_aborted(PairLock.session())):
        PairLock.session.rollback()


def _is_aborted(session: Session) -> bool:
    """Whether a server has aborted a session's transaction, which SQLAlchemy does not notice."""
    if not session.in_transaction() or session.get_bind().dialect.name != POSTGRESQL:
        return False
    try:
        driver = session.connection().connection.driver_connection
        info = getattr(driver, "info", None)  # psycopg's own, and psycopg2's
        return getattr(info, "transaction_status", None) in ABORTED
    except SQLAlchemyError:  # the connection is gone, and its transaction with it
        return True


def _commit() -> None:
    if PairLocks.use_db:
        PairLock.session.commit()
