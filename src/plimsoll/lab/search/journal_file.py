"""Optuna's journal in one file, which a killed writer can neither lock nor break.

Optuna's own file backend leaves its lock behind when its holder is killed, and a line that was
torn makes the file unreadable once another follows. Here the kernel drops the lock with its
holder, and a torn end is cut off before the next line is written. The lines are Optuna's own, so
that its dashboard reads the file.
"""

import fcntl
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from optuna.storages.journal import BaseJournalBackend

STATE_CHANGE = 6
"""Optuna's code of a line that ends a trial: it must outlive a power cut."""


class JournalFile(BaseJournalBackend):
    """Reads and appends the lines of a journal, by several processes of one machine.

    Parameters
    ----------
    file
        Is created when it is not there.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._known = 0
        self._offset = 0
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()

    def read_logs(self, log_number_from: int) -> Iterable[dict[str, Any]]:
        """Return the lines from a number on; one that is half written is not there yet."""
        if log_number_from < self._known:
            self._known = self._offset = 0
        with self._file.open("rb") as stream:
            stream.seek(self._offset)
            whole, newline, _ = stream.read().rpartition(b"\n")
        lines = whole.split(b"\n") if newline else []
        wanted = lines[log_number_from - self._known :]
        self._known += len(lines)
        self._offset += len(whole) + len(newline)
        return [json.loads(line) for line in wanted]

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Append lines; one that ends a trial is on the disk when this returns.

        Raises
        ------
        OSError
            When the file is gone or cannot be written: it is not made anew.
        """
        text = b"".join(json.dumps(log, separators=(",", ":")).encode() + b"\n" for log in logs)
        descriptor = os.open(self._file, os.O_RDWR | os.O_APPEND)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            _cut_torn_end(descriptor)
            view = memoryview(text)
            while view:  # a disk that is full takes a part, and says so at the next
                view = view[os.write(descriptor, view) :]
            if any(log["op_code"] == STATE_CHANGE for log in logs):
                os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _cut_torn_end(descriptor: int) -> None:
    """Cut off what a killed writer left behind the last whole line."""
    size = os.fstat(descriptor).st_size
    if size == 0 or os.pread(descriptor, 1, size - 1) == b"\n":
        return
    whole = os.pread(descriptor, size, 0).rfind(b"\n") + 1
    os.ftruncate(descriptor, whole)
