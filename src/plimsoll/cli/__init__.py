"""The ``plimsoll`` command: one module a command group."""

import errno
import signal
import sys

from plimsoll.cli.app import app
from plimsoll.core.errors import PlimsollError

__all__ = ["app", "main"]

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def main() -> None:
    """Run the command line; print what a user can fix as one line, without a traceback.

    A termination signal ends it as an interrupt does: children and temporary folders go first.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        app(prog_name="plimsoll")
    except PlimsollError as error:
        sys.stderr.write(f"plimsoll: {error}\n")
        sys.exit(error.exit_status)
    except OSError as error:
        sys.stderr.write(f"plimsoll: {_os_error(error)}\n")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.stderr.write("plimsoll: interrupted\n")
        sys.exit(130)


def _os_error(error: OSError) -> str:
    """Return the system's error in one line, with the file if it names one."""
    reason = error.strerror or next(iter(str(error).splitlines()), "") or type(error).__name__
    place = "" if error.filename is None else f": {error.filename}"
    remedy = "; make room and run the same command again" if error.errno in FULL else ""
    return f"{reason}{place}{remedy}"
