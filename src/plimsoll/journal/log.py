"""What a bot decided, and why: one JSON line a decision, hash-chained, in daily files."""

import os
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any, Self

from filelock import FileLock, Timeout

from plimsoll.core import PlimsollError
from plimsoll.journal import files
from plimsoll.journal.canonical import SEALED, Canonical, moment_text, sealed
from plimsoll.journal.kind import Kind
from plimsoll.journal.recovery import recover

_APPEND = os.O_CREAT | os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0)
_SYNC_FOLDERS = os.name == "posix"
WRITER_LOCK = ".writer.lock"
"""What the writer holds; a killed bot leaves the file, but not the lock."""

_LOCK_SECONDS = 1.0
"""A check for a running writer holds the writer's lock for an instant."""


class DecisionLog:
    """The one writer of a log; it continues the chain where the last writer ended or crashed.

    Each record names its number, the hash of the record before it and its own, so that a
    changed, missing or moved line shows (:mod:`plimsoll.journal.check`). A line is in its
    file, for readers and after ``kill -9``, when :meth:`append` returns; a durable one survives
    a power cut too, with all that came before it. May be called from several threads.

    Parameters
    ----------
    folder
        Where the files are, made readable for its owner only; one writer at a time.
    secrets
        Values that must not be written, wherever they turn up in a record.

    Raises
    ------
    PlimsollError
        When another writer has the folder, or it cannot be written.
    """

    def __init__(self, folder: Path, *, secrets: Iterable[str] = ()) -> None:
        self._folder = folder
        self._secrets = frozenset(secrets)
        self._canonical = Canonical(self._secrets)
        self._mutex = Lock()
        self._handle: int | None = None
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = _only_writer(folder)
            self._lock_seen = (folder / WRITER_LOCK).stat()
            end = recover(folder)
        except OSError as error:
            raise _unwritable(error, folder) from error
        self._seq, self._previous, self._recovery = end.seq, end.head, end.recovery
        self._file = end.newest
        self._closed = False

    def __enter__(self) -> Self:
        """Return the log."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the log."""
        self.close()

    @property
    def head(self) -> str:
        """Hash of the newest record: a copy kept elsewhere exposes a shortened log."""
        return self._previous

    @property
    def recovery(self) -> dict[str, Any] | None:
        """Fields of the ``recovery`` that the next record follows; ``None`` without damage."""
        return self._recovery

    @property
    def is_in_place(self) -> bool:
        """Whether the files that this log writes are those that its folder shows.

        A folder that was deleted or exchanged leaves them open, and what is written lost.
        """
        if not _is_same(self._folder / WRITER_LOCK, self._lock_seen):
            return False
        if self._handle is None or self._file is None:
            return True
        return _is_same(self._file, os.fstat(self._handle))

    def append(
        self, kind: str, at: datetime, *, durable: bool = False, **fields: Any
    ) -> dict[str, Any]:
        """Write one record and return it as written.

        Parameters
        ----------
        kind
            One of :class:`plimsoll.journal.kind.Kind`, or any other word.
        at
            The bot's clock; a moment without zone is taken for UTC. Its day decides the file,
            but a clock that goes back never leads into an older file.
        durable
            Wait until the disk has it: for halts and orders.
        fields
            Anything; unusual values become text (:class:`plimsoll.journal.canonical.Canonical`).

        Raises
        ------
        PlimsollError
            When it cannot be written, as on a full disk; the chain then ends with the record
            before, and the next call goes on from there.
        """
        with self._mutex:
            if self._closed:
                raise PlimsollError(f"expected an open decision log, found {self._folder} closed")
            moment = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
            try:
                if self._recovery is not None:
                    self._write(Kind.RECOVERY, moment, self._recovery, durable=True)
                    self._recovery = None
                return self._write(kind, moment, fields, durable=durable)
            except OSError as error:
                raise _unwritable(error, self._folder) from error

    def hide(self, secrets: Iterable[str]) -> None:
        """Keep these values, too, out of every record from now on; none is forgotten."""
        with self._mutex:
            self._secrets |= frozenset(secrets)
            self._canonical = Canonical(self._secrets)

    def last(self, kind: str) -> dict[str, Any] | None:
        """Return the newest record of a kind, or ``None``; at a start, that of the start before."""
        return files.last(self._folder, kind)

    def close(self) -> None:
        """Let go of the folder; safe to repeat."""
        with self._mutex:
            if self._closed:
                return
            self._closed = True
            with suppress(OSError):
                self._finish_file()
            self._lock.release()

    def _write(
        self, kind: str, moment: datetime, fields: dict[str, Any], *, durable: bool
    ) -> dict[str, Any]:
        record = self._canonical.mapping(fields)
        for name in (*SEALED, "at", "kind"):
            if name in record:
                record[f"{name}_"] = record.pop(name)
        record["seq"] = self._seq + 1
        record["at"] = moment_text(moment)
        record["kind"] = self._canonical.value(str(kind))
        record["previous"] = self._previous
        line = sealed(record)
        handle = self._opened(moment)
        _write_whole(handle, line)
        self._seq, self._previous = record["seq"], record["hash"]
        if durable:
            os.fsync(handle)
            self._sync_folder()
        return record

    def _opened(self, moment: datetime) -> int:
        file = self._folder / f"{moment.date().isoformat()}.jsonl"
        newer = self._file is None or file.name > self._file.name
        if self._handle is not None and not newer:
            return self._handle
        self._finish_file()
        self._file = file if newer or self._file is None else self._file
        self._handle = os.open(self._file, _APPEND, 0o600)
        self._folder_is_synced = False
        return self._handle

    def _finish_file(self) -> None:
        """Bring a file to the disk before the next is begun: no gap after a power cut."""
        handle, self._handle = self._handle, None
        if handle is not None:
            try:
                os.fsync(handle)
            finally:
                os.close(handle)

    def _sync_folder(self) -> None:
        if self._folder_is_synced or not _SYNC_FOLDERS:
            return
        handle = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        self._folder_is_synced = True


def _only_writer(folder: Path) -> FileLock:
    lock = FileLock(folder / WRITER_LOCK, timeout=_LOCK_SECONDS, mode=0o600, thread_local=False)
    try:
        lock.acquire()
    except Timeout:
        raise PlimsollError(
            f"expected to be the only writer of the decision log {folder}, found another bot; "
            "give each bot a user folder of its own"
        ) from None
    return lock


def _is_same(path: Path, seen: os.stat_result) -> bool:
    """Return whether a path is still the file that was seen; one that cannot be asked is."""
    try:
        return os.path.samestat(path.stat(), seen)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True


def _write_whole(handle: int, line: bytes) -> None:
    """Append a line, or nothing: a part of it would break the chain."""
    size = os.fstat(handle).st_size
    written = 0
    try:
        while written < len(line):
            written += os.write(handle, line[written:])
    except OSError:
        os.ftruncate(handle, size)
        raise


def _unwritable(error: OSError, folder: Path) -> PlimsollError:
    return PlimsollError(
        f"expected to write the decision log {error.filename or folder}, found: {error.strerror}"
    )
