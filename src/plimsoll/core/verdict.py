"""A guard's answer: a denial is data, with its reason."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum


class Mode(IntEnum):
    """How much an account, or one pair, may do; the larger, the stricter.

    ACTIVE trades. REDUCING takes new risk only at ``stake_multiplier`` of the planned stake
    (0: none). FLATTEN closes what is open and takes no new risk until its verdict ends. HALTED
    does the same and ends only by a person.
    """

    ACTIVE = 0
    REDUCING = 1
    FLATTEN = 2
    HALTED = 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """One guard's verdict on an account, or on one pair of it.

    Attributes
    ----------
    mode
        The most that is still allowed.
    rule
        The guard's name.
    reason
        One line with the value found and its limit; empty only when ACTIVE.
    until
        When the verdict ends by itself or is to be looked at again, timezone-aware UTC;
        ``None`` when HALTED (never by itself), when ACTIVE, and while a breach that would halt
        is being confirmed.
    pair
        The pair it is about; ``None`` for the whole account.
    stake_multiplier
        Share of a planned stake that may still be taken: 1 when ACTIVE, below 1 when REDUCING,
        0 when stricter.
    value, limit
        The measured value and its limit; ``None`` where there is no number.
    debounced
        The breach rests on mark prices and is within the hard limit: one wrong tick could be
        its cause, so it counts only after several observations in a row (``risk.latch``).
    """

    mode: Mode
    rule: str
    reason: str = ""
    until: datetime | None = None
    pair: str | None = None
    stake_multiplier: float | None = None
    value: float | None = None
    limit: float | None = None
    debounced: bool = False

    def __post_init__(self) -> None:
        """Refuse a mode that is none, and a denial without a reason or with an end not in UTC."""
        mode: object = self.mode
        if not isinstance(mode, Mode):
            message = f"expected a Mode as the mode of {self.rule}, found {mode!r}"
            raise TypeError(message)
        if self.stake_multiplier is None:
            object.__setattr__(self, "stake_multiplier", 1.0 if self.mode is Mode.ACTIVE else 0.0)
        if self.mode is not Mode.ACTIVE and not self.reason:
            message = f"a {self.mode.name} verdict of {self.rule} needs a reason"
            raise ValueError(message)
        if self.until is not None and self.until.utcoffset() != timedelta(0):
            message = f"expected a timezone-aware UTC end of {self.rule}, found {self.until!r}"
            raise ValueError(message)
        self._check_strength()

    def _check_strength(self) -> None:
        multiplier = self.multiplier
        allowed = {
            Mode.ACTIVE: multiplier == 1.0,
            Mode.REDUCING: 0.0 <= multiplier < 1.0,
        }.get(self.mode, multiplier == 0.0)
        if not allowed:
            message = (
                f"a {self.mode.name} verdict of {self.rule} cannot take {multiplier} of a stake"
            )
            raise ValueError(message)
        if self.mode is Mode.HALTED and self.until is not None:
            message = f"a HALTED verdict of {self.rule} ends only by a person, found {self.until}"
            raise ValueError(message)

    @property
    def multiplier(self) -> float:
        """The stake multiplier, as a number."""
        return 0.0 if self.stake_multiplier is None else self.stake_multiplier

    @property
    def allows_entries(self) -> bool:
        """Whether any new risk may be taken."""
        return self.multiplier > 0.0
