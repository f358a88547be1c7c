"""The common base of all errors that a user can cause or fix."""


class PlimsollError(Exception):
    """Say what was expected, what was found and what to do, in one line.

    The command line prints it without a traceback and exits with ``exit_status``.
    """

    exit_status = 1


class UsageError(PlimsollError):
    """The command was called with words or values it does not take."""

    exit_status = 2
