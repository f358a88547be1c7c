"""Which model decides on an entry, where entries are split between champion and challenger."""

from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256

CHALLENGER_TAG = "_challenger"
"""How the tag of an entry ends that the challenger decided on."""
_SPAN = 2.0**64


class Arm(StrEnum):
    """Whose forecast an entry rests on; results are booked by it."""

    CHAMPION = "champion"
    CHALLENGER = "challenger"


def arm_of(pair: str, candle: datetime, *, share: float, salt: str) -> Arm:
    """Return who decides after a candle: the same answer on every machine and after a restart.

    The first 64 bits of SHA-256 over salt, pair and the candle's open (UTC, seconds), as a
    fraction; below ``share`` it is the challenger.
    """
    if not 0.0 < share <= 1.0:
        return Arm.CHAMPION
    at = candle.replace(tzinfo=UTC) if candle.tzinfo is None else candle
    text = "\n".join([salt, pair, str(int(at.timestamp()))])
    drawn = int.from_bytes(sha256(text.encode()).digest()[:8], "big") / _SPAN
    return Arm.CHALLENGER if drawn < share else Arm.CHAMPION
