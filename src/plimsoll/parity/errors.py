"""The error for records that cannot be compared."""

from plimsoll.core.errors import PlimsollError


class ParityError(PlimsollError):
    """A record has no trades to compare, or trades that are no numbers."""
