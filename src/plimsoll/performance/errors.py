"""The error for input that cannot be measured."""

from plimsoll.core.errors import PlimsollError


class MeasureError(PlimsollError):
    """The equity series, the closes or the trades are not what a measure needs."""
