"""Folders that command-line options name."""

import errno
from pathlib import Path

from plimsoll.core.errors import UsageError


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
