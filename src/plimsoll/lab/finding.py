"""One line of the doctor's account."""

from dataclasses import dataclass
from enum import IntEnum


class Level(IntEnum):
    """How bad a finding is; also the exit status it asks for."""

    OK = 0
    WARNING = 1
    FAULT = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check saw, and what to do about it."""

    level: Level
    subject: str
    found: str
    remedy: str = ""
    names: tuple[str, ...] = ()
    """The strategies that it is about."""
