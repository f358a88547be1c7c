"""Is a guarded bot running, and how is one re-armed that is not?"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from freqtrade.exceptions import OperationalException
from freqtrade.persistence import Trade, init_db
from sqlalchemy.exc import SQLAlchemyError

from plimsoll.bridge.account.capital import forget_capital
from plimsoll.bridge.account.stored_peak import StoredPeak, read_peak, store_peak
from plimsoll.bridge.config.settings import settings_from
from plimsoll.bridge.guarding.places import REARMED
from plimsoll.bridge.guarding.rearming import beyond_terminal_words, needs_beyond_terminal
from plimsoll.bridge.state import locks
from plimsoll.bridge.state.folder import Request, StateFolder
from plimsoll.bridge.state.recorder import secrets_of
from plimsoll.bridge.state.stamp import Stamp, read_stamp
from plimsoll.control.database import is_missing
from plimsoll.control.latch import OnRecord, on_record
from plimsoll.core import Mode, PlimsollError, Verdict
from plimsoll.core.books import BreakKind
from plimsoll.journal.kind import Kind
from plimsoll.journal.latch_record import Key, union
from plimsoll.journal.log import WRITER_LOCK, DecisionLog
from plimsoll.journal.messages import RESUME_BEYOND
from plimsoll.risk import RiskProfile
from plimsoll.risk.rearming import Standing, probation_until


def is_written(decisions: Path) -> bool:
    """Return whether a process writes the decision log of a folder: a guarded bot is running."""
    file = decisions / WRITER_LOCK
    if not file.exists():
        return False
    lock = FileLock(file, timeout=0, thread_local=False)
    try:
        lock.acquire()
    except Timeout:
        return True
    lock.release()
    return False


def rearm_stopped(
    folder: StateFolder,
    config: Mapping[str, Any],
    db_url: str,
    *,
    reason: str,
    by: str,
    now: datetime,
    beyond_terminal: bool = False,
) -> list[str]:
    """End all that is held of a bot that does not run; return the rules.

    The decision log is held meanwhile, so that no bot can begin, and has the record before the
    first lock ends. Where there is no database, the record alone ends what the log holds; the
    next start brings its database in line. Where money that nothing explains was told, the next
    start takes the wallet as it is.

    Raises
    ------
    PlimsollError
        When a bot runs after all, log or database cannot be written, or the account is beyond
        its terminal drawdown and the request is not; nothing ends then.
    """
    request = Request(reason, by, beyond_terminal)
    profile = settings_from(dict(config)).risk
    with DecisionLog(folder.decisions, secrets=secrets_of(config)) as log:
        known = on_record(folder, config, db_url, now, pending=log.recovery)
        if known.held and is_missing(db_url):
            request = _accepted(known.held.values(), Standing(), profile, request)
            return _record(log, known, {}, None, now, request, profile)
        with _database(db_url):
            locked, peak = locks.held_verdicts(now), _stored_peak()
            held = [*known.held.values(), *locked.values()]
            standing = Standing(peak_usd=peak.peak_usd, equity_usd=peak.mark_usd)
            request = _accepted(held, standing, profile, request)
            rules = _record(log, known, locked, read_stamp(), now, request, profile)
            locks.release(locked, now)
            if request.beyond_terminal:
                store_peak(replace(peak, beyond_at=now))
            if has_money_break(folder.status() or {}):
                forget_capital()
    return rules


def _accepted(
    held: Iterable[Verdict], standing: Standing, profile: RiskProfile, request: Request
) -> Request:
    """Return the request, with whether the account is beyond its terminal drawdown.

    Raises
    ------
    PlimsollError
        When it is, and the request does not accept that.
    """
    is_beyond = needs_beyond_terminal(held, standing, profile)
    if is_beyond and not request.beyond_terminal:
        text = beyond_terminal_words(standing, profile)
        raise PlimsollError(
            f"not re-armed: {text}; what to look at first is in docs/emergency.md. To go on all "
            f"the same: {RESUME_BEYOND}"
        )
    return request._replace(beyond_terminal=is_beyond)


def _stored_peak() -> StoredPeak:
    """Return the highest equity on record; one that cannot be read is told by the next start."""
    try:
        return read_peak() or StoredPeak()
    except PlimsollError:
        return StoredPeak()


def has_money_break(status: Mapping[str, Any]) -> bool:
    """Return whether a bot's last status names money that nothing explains."""
    return any(
        one.get("kind") == BreakKind.MONEY and not one.get("settling")
        for one in status.get("breaks") or ()
    )


def _record(
    log: DecisionLog,
    known: OnRecord,
    locked: Mapping[Key, Verdict],
    stamp: Stamp | None,
    now: datetime,
    request: Request,
    profile: RiskProfile,
) -> list[str]:
    """Record that a person ends what log and locks hold, beside this database."""
    held = union(known.held, locked)
    rules = sorted({rule for rule, _ in held})
    halted = any(verdict.mode is Mode.HALTED for verdict in held.values())
    account = {}
    if known.account is not None:
        taken = None if stamp is None else stamp.current
        account = {"account": known.account.digest, "stamp": taken}
    log.append(
        Kind.REARM,
        now,
        durable=True,
        rules=rules,
        released=[{"rule": rule, "pair": pair} for rule, pair in held],
        halted=halted,
        reason=request.reason,
        by=request.by,
        event=REARMED,
        beyond_terminal=request.beyond_terminal,
        probation_until=probation_until(now, None, profile) if halted else None,
        **account,
    )
    return rules


@contextmanager
def _database(db_url: str) -> Iterator[None]:
    try:
        init_db(db_url)
        try:
            yield
        finally:
            Trade.session.remove()
    except (OperationalException, SQLAlchemyError) as error:
        said = str(error).splitlines()[0]
        raise PlimsollError(f"the bot's database cannot be written: {said}") from None
