"""A journal file that is whole or not there."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from optuna.storages import JournalStorage

from plimsoll.control.backup_file import synced
from plimsoll.core import PlimsollError
from plimsoll.lab.search.journal_file import JournalFile


@contextmanager
def new_journal(file: Path) -> Iterator[JournalStorage]:
    """Yield a journal that is put in its place, on the disk, at the end of the block.

    Raises
    ------
    PlimsollError
        When there is a file by then.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    _remove_left_over(file)
    part = _part(file, os.getpid())
    try:
        yield JournalStorage(JournalFile(part))
        part.chmod(0o600)
        synced(part)
        try:
            os.link(part, file)  # as `replace`, and refused where there is one
        except FileExistsError:
            raise PlimsollError(f"expected no file at {file}, found one; name another") from None
        synced(file.parent)
    finally:
        part.unlink(missing_ok=True)


def _part(file: Path, pid: int | str) -> Path:
    return file.with_name(f".{file.name}.{pid}")


def _remove_left_over(file: Path) -> None:
    """Remove what a killed process left behind."""
    for part in file.parent.glob(_part(file, "*").name):
        pid = part.name.rpartition(".")[2]
        if pid.isdigit() and not psutil.pid_exists(int(pid)):
            part.unlink(missing_ok=True)
