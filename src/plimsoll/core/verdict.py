"""A guard's answer: a denial is data, with its reason."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum


class Mode(IntEnum):
    """How much an account may do; the larger, the stricter."""

    ACTIVE = 0
    REDUCING = 1
    FLATTEN = 2
    HALTED = 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one guard says of one account.

    Attributes
    ----------
    mode
        The strictest thing that is still allowed.
    rule
        The guard's name.
    reason
        One line with the value found and its limit; empty only when ACTIVE.
    until
        When the verdict ends by itself, timezone-aware UTC; ``None`` for never (HALTED)
        or when ACTIVE.
    """

    mode: Mode
    rule: str
    reason: str = ""
    until: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse a denial that does not say why."""
        if self.mode is not Mode.ACTIVE and not self.reason:
            message = f"a {self.mode.name} verdict of {self.rule} needs a reason"
            raise ValueError(message)
