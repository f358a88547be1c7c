"""The ``plimsoll`` command: one module a command group."""

import signal
import sys

from plimsoll.cli.app import app
from plimsoll.core.errors import PlimsollError

__all__ = ["app", "main"]


def main() -> None:
    """Run the command line; print what a user can mend as one line, without a traceback.

    A termination signal ends it as an interrupt does: children and temporary folders go first.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        app(prog_name="plimsoll")
    except PlimsollError as error:
        sys.stderr.write(f"plimsoll: {error}\n")
        sys.exit(error.exit_status)
    except OSError as error:
        if error.filename is None:
            raise
        sys.stderr.write(f"plimsoll: {error.strerror}: {error.filename}\n")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.stderr.write("plimsoll: interrupted\n")
        sys.exit(130)
