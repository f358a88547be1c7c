"""Is a guarded bot running, and how is one re-armed that is not?"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from freqtrade.exceptions import OperationalException
from freqtrade.persistence import Trade, init_db
from sqlalchemy.exc import SQLAlchemyError

from plimsoll.bridge.state import locks
from plimsoll.bridge.state.folder import StateFolder
from plimsoll.bridge.state.recorder import secrets_of
from plimsoll.core import PlimsollError
from plimsoll.journal.kind import Kind
from plimsoll.journal.log import WRITER_LOCK, DecisionLog


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
) -> list[str]:
    """End every lock of ours in the database of a bot that does not run; return their rules.

    The decision log is held meanwhile, so that no bot can begin, and has the record before the
    first lock ends.

    Raises
    ------
    PlimsollError
        When a bot runs after all, or log or database cannot be written; nothing ends then.
    """
    with (
        DecisionLog(folder.decisions, secrets=secrets_of(config)) as log,
        _database(db_url),
    ):
        held = locks.held_verdicts(now)
        rules = sorted({rule for rule, _ in held})
        log.append(Kind.REARM, now, durable=True, rules=rules, reason=reason, by=by)
        locks.release(held, now)
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
