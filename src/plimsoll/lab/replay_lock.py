"""One replay at a time in a folder: also the bot of one that was killed has to be gone."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from plimsoll.core import UsageError

LOCK = ".lock"
PATIENCE_SECONDS = 60.0
"""How long a bot whose command was killed may take to end."""
ASKED_EVERY_SECONDS = 0.2


@contextmanager
def sole_use(folder: Path, patience_seconds: float = PATIENCE_SECONDS) -> Iterator[int]:
    """Lock a folder for the length of the block; give the descriptor that holds the lock.

    A child that inherits the descriptor holds the lock as well, until it ends.

    Raises
    ------
    UsageError
        When another process still holds it after so long.
    """
    held = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        give_up_at = time.monotonic() + patience_seconds
        while not _taken(held):
            if time.monotonic() >= give_up_at:
                raise UsageError(
                    f"a replay is still running in {folder}; wait for it, or name another folder"
                )
            time.sleep(ASKED_EVERY_SECONDS)
        yield held
    finally:
        os.close(held)


def _taken(held: int) -> bool:
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
