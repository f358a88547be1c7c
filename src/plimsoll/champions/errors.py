"""The error for an event that a seat cannot take."""

from plimsoll.core import PlimsollError


class SeatError(PlimsollError):
    """An event does not fit the seat that it is applied to; the seat stays as it was."""
