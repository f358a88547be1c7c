"""The ``plimsoll`` command: one module a command group."""

import sys

from plimsoll.cli.app import app
from plimsoll.core.errors import PlimsollError

__all__ = ["app", "main"]


def main() -> None:
    """Run the command line; print a `PlimsollError` as one line, without a traceback."""
    try:
        app(prog_name="plimsoll")
    except PlimsollError as error:
        sys.stderr.write(f"plimsoll: {error}\n")
        sys.exit(error.exit_status)
    except KeyboardInterrupt:
        sys.stderr.write("plimsoll: interrupted\n")
        sys.exit(130)
