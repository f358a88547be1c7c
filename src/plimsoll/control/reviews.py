"""The reviews of a bot: a decision log of a person's own, which a running bot does not hold.

Its records are those of `plimsoll.journal.log`, hash-chained, in daily files; each names the head
of the bot's own log at the end of its period.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from plimsoll.bridge.state.folder import StateFolder
from plimsoll.core import PlimsollError
from plimsoll.journal.check import verify
from plimsoll.journal.files import decision_files
from plimsoll.journal.kind import Kind
from plimsoll.journal.log import DecisionLog
from plimsoll.journal.reading import Reading

FOLDER = "reviews"
"""Beside the bot's decision log, in its state folder."""

DECIDING = ".deciding.lock"
WAIT_SECONDS = 10.0

Record = Mapping[str, Any]


def reviews_folder(folder: StateFolder) -> Path:
    """Return where a bot's reviews are."""
    return folder.path / FOLDER


def reviews_of(folder: StateFolder) -> tuple[Record, ...]:
    """Return every review on record, oldest first; none where there was none.

    Raises
    ------
    PlimsollError
        When a record was changed, moved or removed: nothing is decided on such a log.
    """
    log = reviews_folder(folder)
    if not decision_files(log):
        return ()
    fault = verify(log).fault
    if fault is not None:
        where = f"{fault.file}, line {fault.line}" if fault.line is not None else fault.file
        raise PlimsollError(
            f"the log of reviews in {log} is not whole: {where}: {fault.what}; put it back, or "
            "move the folder away and say why in the next review"
        )
    return tuple(one for one in Reading().records(log) if one["kind"] == Kind.REVIEW)


def review_of(reviews: Iterable[Record], strategy: str | None, period: str) -> Record | None:
    """Return the review of a strategy's period, by the period's name; ``None`` without one."""
    return next(
        (
            one
            for one in reviews
            if one.get("period") == period and strategy in (None, one.get("strategy"))
        ),
        None,
    )


@contextmanager
def deciding(folder: StateFolder) -> Iterator[None]:
    """Have a bot's decisions alone, from the look at what is on record until one is.

    Raises
    ------
    PlimsollError
        When another one is being made: of two at once the later would move capital by what the
        earlier has changed.
    """
    lock = FileLock(folder.path / f"{FOLDER}{DECIDING}", timeout=WAIT_SECONDS, thread_local=False)
    try:
        folder.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock.acquire()
    except Timeout:
        raise PlimsollError(
            "another review of this bot is being decided; look at what it decides, then again"
        ) from None
    except OSError as error:
        raise PlimsollError(f"nothing can be decided: {error}") from None
    try:
        yield
    finally:
        lock.release()


def record_review(
    folder: StateFolder, at: datetime, *, strategy: str, period: str, **fields: Any
) -> Record:
    """Write a review and wait until the disk has it; return it as written.

    One that is on record already is returned as it is: a period is reviewed once.

    Raises
    ------
    PlimsollError
        When the log is not whole, another review is being written, or it cannot be written.
    """
    with DecisionLog(reviews_folder(folder)) as log:
        known = review_of(reviews_of(folder), strategy, period)
        if known is not None:
            return known
        return log.append(Kind.REVIEW, at, durable=True, strategy=strategy, period=period, **fields)
