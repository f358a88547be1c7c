"""One backfill at a time for a data folder."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from plimsoll.archive.layout import OWN_FOLDER
from plimsoll.core import PlimsollError, UsageError


@contextmanager
def sole_writer(datadir: Path) -> Iterator[None]:
    """Hold the archive's lock for the length of the block.

    The system takes the lock back when its holder ends, also after ``kill -9``, so that a
    stale file never blocks.

    Raises
    ------
    PlimsollError
        When another backfill holds it.
    UsageError
        When the folder cannot be written.
    """
    file = datadir / OWN_FOLDER / "backfill.lock"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(file, timeout=0)
        lock.acquire()
    except Timeout as error:
        raise PlimsollError(
            f"another backfill is writing to {datadir}; wait until it ends, then run this again"
        ) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise UsageError(
            f"cannot write to the data folder {datadir} ({error.strerror}); give another --datadir"
        ) from error
    try:
        yield
    finally:
        lock.release()
