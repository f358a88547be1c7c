"""Folders that command-line options name."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from plimsoll.core.errors import UsageError


@contextmanager
def output_folder(folder: Path, option: str) -> Iterator[Path]:
    """Make a folder for what is written now; take it away when that fails and it stayed empty.

    Raises
    ------
    UsageError
        When it cannot be made.
    """
    new = [one for one in (folder, *folder.parents) if not one.exists()]
    made_folder(folder, option)
    try:
        yield folder
    except BaseException:
        with suppress(OSError):  # not empty: what was written stays
            for one in new:
                one.rmdir()
        raise


def made_folder(folder: Path, option: str) -> Path:
    """Make a folder where there is none.

    Raises
    ------
    UsageError
        When it cannot be made. A full disk is not wrong usage: that error is passed on.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise UsageError(
            f"expected a folder for {option} that can be written, found {folder} ({error.strerror})"
        ) from error
    return folder
