"""The direction of a position, as a value."""

from enum import Enum


class Side(Enum):
    """Long or short; ``sign`` turns rules for one into rules for the other."""

    LONG = "long"
    SHORT = "short"

    @property
    def sign(self) -> int:
        """+1 for long, -1 for short."""
        return 1 if self is Side.LONG else -1
