"""One seat on the disk: versions, journal and state; what a kill leaves is old or new, not half.

```text
champions/IDENTIFIER/BTC_USDT_USDT/
  .lock           held by the one process that writes
  journal.jsonl   events, written before they hold
  state.json      the seat after the journal, for readers: temporary file, fsync, rename
  told            the number of the last event that log and people know of
  request.json    what a person asks of a running bot
  versions/v0001/ the files of a model, their hashes and what it was trained on
```

The line of the journal is the moment at which a promotion holds. State and memory follow it.
"""

import json
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from typing import Self

from filelock import FileLock, Timeout

from plimsoll.bridge.champions.journal import (
    DamagedJournalError,
    Journal,
    Read,
    begin_journal,
    events_after,
    read_journal,
)
from plimsoll.bridge.champions.versions import Made, VersionFolder
from plimsoll.bridge.champions.whole_files import write_durably
from plimsoll.champions.errors import SeatError
from plimsoll.champions.events import CandleClosed, Event, Started, Trained, seat_from, seat_record
from plimsoll.champions.seat import EMPTY, Seat, Version
from plimsoll.champions.transition import apply
from plimsoll.core import PlimsollError

logger = logging.getLogger(__name__)

STATE, JOURNAL, LOCK, VERSIONS = "state.json", "journal.jsonl", ".lock", "versions"
TOLD = "told"
STATE_EVERY = 20
"""So many candles may be in the journal alone."""
NEW_JOURNAL_AFTER = 5_000
"""Events; then the journal begins again with the seat of that moment."""
_LOCK_SECONDS = 1.0


class SeatStore:
    """The one writer of a seat.

    Parameters
    ----------
    folder
        Of the seat; made when it is not there.
    now
        The moment of the start, by the bot's clock.

    Attributes
    ----------
    untold
        Events that held before the start, with the seat after each, and that a kill kept from
        log and people; `mark_told` says when they know.

    Raises
    ------
    PlimsollError
        When another process has the seat, or neither journal nor state can be read.
    """

    def __init__(self, folder: Path, now: datetime) -> None:
        self.folder = folder
        self.versions = VersionFolder(folder / VERSIONS)
        self._mutex = RLock()
        self._closed = False
        self.notices: list[str] = []
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = _only_writer(folder)
        try:
            for name in (STATE, JOURNAL, TOLD):
                for left in folder.glob(f".{name}.*"):  # of a writer that was killed
                    left.unlink()
            self._journal, self._seat = self._opened()
            self._stored_seq = -1
            self.untold = events_after(folder / JOURNAL, self._told_seq())
            self.append(Started(now))
            self.versions.clear({one.name for _, one in self._seat.versions()})
        except BaseException:
            self._lock.release()
            raise

    def __enter__(self) -> Self:
        """Return the store."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the store."""
        self.close()

    @property
    def seat(self) -> Seat:
        """The seat as of the last event."""
        return self._seat

    def append(self, event: Event) -> Seat:
        """Take an event: check it, write it down, then let it hold; return the seat.

        Raises
        ------
        SeatError
            When it does not fit; nothing is written.
        OSError
            When it cannot be written; it does not hold.
        """
        with self._mutex:
            if self._closed:
                raise PlimsollError(f"expected an open seat, found {self.folder} closed")
            after = apply(self._seat, event)
            common = isinstance(event, CandleClosed)
            self._journal.append(event, durable=not common)
            self._seat = after
            if not common or after.seq - self._stored_seq >= STATE_EVERY:
                self._write_state()
            if self._journal.events >= NEW_JOURNAL_AFTER:
                self._journal = self._begun_again()
            return after

    def train(self, made: Made, write: Callable[[Path], None]) -> Version:
        """Store a model's files, then take it into the seat; return its version."""
        with self._mutex:
            version = self.versions.store(made, write)
            self.append(Trained(made.trained_at, version))
            self.versions.clear({one.name for _, one in self._seat.versions()})
            return version

    def mark_told(self) -> None:
        """Keep that log and people know of every event so far."""
        with self._mutex:
            self.untold = []
            write_durably(self.folder / TOLD, str(self._seat.seq).encode())

    def close(self) -> None:
        """Write the state and let go of the seat; safe to repeat."""
        with self._mutex:
            if self._closed:
                return
            self._closed = True
            with suppress(OSError):
                self._write_state()
            self._journal.close()
            self._lock.release()

    def _opened(self) -> tuple[Journal, Seat]:
        file = self.folder / JOURNAL
        try:
            read = read_journal(file)
        except FileNotFoundError:
            read = self._rescued(file, None)
        except DamagedJournalError as error:
            read = self._rescued(file, error)
        if read.torn:
            self.notices.append("the last event was cut off by a kill and never held")
        return Journal(file, read), read.seat

    def _rescued(self, file: Path, fault: DamagedJournalError | None) -> Read:
        """Begin a journal with the state that was stored; the first one with an empty seat.

        Raises
        ------
        PlimsollError
            When the state is gone or damaged as well: which model is the champion is not known.
        """
        state = self.folder / STATE
        if fault is None and not state.exists() and not _has_versions(self.versions.path):
            seat = EMPTY
        else:
            try:
                seat = read_state(self.folder)
            except (PlimsollError, OSError) as error:
                said = fault or f"{file} is missing"
                raise PlimsollError(
                    f"which model is the champion is not known: {said}; {error}; move "
                    f"{self.folder} away to begin anew"
                ) from None
            self.notices.append(f"the journal was not whole ({fault or 'missing'}): the state is")
            if file.exists():
                file.replace(file.with_name(f"{JOURNAL}.{datetime.now(UTC):%Y%m%dT%H%M%S}.damaged"))
        begin_journal(file, seat)
        return read_journal(file)

    def _begun_again(self) -> Journal:
        self._write_state()
        self._journal.close()
        begin_journal(self.folder / JOURNAL, self._seat)
        return Journal(self.folder / JOURNAL, read_journal(self.folder / JOURNAL))

    def _told_seq(self) -> int:
        """Return the number of the last event that was told.

        A file that cannot be read is taken as told of nothing: rather twice than never.
        """
        try:
            return int((self.folder / TOLD).read_bytes())
        except (FileNotFoundError, ValueError):
            return 0

    def _write_state(self) -> None:
        content = {"seat": seat_record(self._seat)}
        write_durably(self.folder / STATE, json.dumps(content, indent=1).encode())
        self._stored_seq = self._seat.seq


def read_state(folder: Path) -> Seat:
    """Return the seat in a state file.

    Raises
    ------
    PlimsollError
        When it is no seat: cut short, or of something else.
    FileNotFoundError
        When there is none.
    """
    file = folder / STATE
    content = file.read_bytes()
    try:
        return seat_from(json.loads(content)["seat"])
    except (ValueError, KeyError, TypeError, SeatError) as error:
        raise PlimsollError(f"expected a whole state in {file}, found: {error}") from None


def read_seat(folder: Path) -> Seat:
    """Return a seat as a reader sees it while a bot writes: of the journal, else of the state.

    Raises
    ------
    PlimsollError
        When neither can be read.
    """
    try:
        return read_journal(folder / JOURNAL).seat
    except (FileNotFoundError, DamagedJournalError) as error:
        try:
            return read_state(folder)
        except (FileNotFoundError, PlimsollError) as other:
            raise PlimsollError(f"no seat can be read in {folder}: {error}; {other}") from None


def is_taken(folder: Path) -> bool:
    """Return whether a process writes a seat now."""
    if not (folder / LOCK).exists():
        return False
    lock = FileLock(folder / LOCK, timeout=0, thread_local=False)
    try:
        lock.acquire()
    except Timeout:
        return True
    lock.release()
    return False


def _has_versions(path: Path) -> bool:
    return path.is_dir() and any(one.name.startswith("v") for one in path.iterdir())


def _only_writer(folder: Path) -> FileLock:
    lock = FileLock(folder / LOCK, timeout=_LOCK_SECONDS, mode=0o600, thread_local=False)
    try:
        lock.acquire()
    except Timeout:
        raise PlimsollError(
            f"expected to be the only bot with the models in {folder}, found another one; give "
            "each bot a user folder, or an identifier, of its own"
        ) from None
    return lock


__all__ = ["SeatStore", "is_taken", "read_seat", "read_state"]
