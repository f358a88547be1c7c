"""Money as whole numbers, so that sums are exact, and cents that add up to their total."""

from collections.abc import Sequence
from math import isfinite

from plimsoll.parity.errors import ParityError

UNITS = 100_000_000
"""Units in one of the stake currency: an amount is a whole number of 1e-8."""

CENT = UNITS // 100


def units(value: float) -> int:
    """Return an amount as a whole number of 1e-8.

    Raises `ParityError` for NaN and infinity.
    """
    if not isfinite(value):
        raise ParityError(f"expected an amount of money, found {value}")
    return round(value * UNITS)


def amount(whole: int) -> float:
    """Return units as an amount of the stake currency."""
    return whole / UNITS


def cents(whole: int) -> int:
    """Return units as cents, halves away from zero."""
    sign = -1 if whole < 0 else 1
    return sign * ((abs(whole) + CENT // 2) // CENT)


def shared_cents(parts: Sequence[int], total_cents: int) -> list[int]:
    """Round parts to cents so that they add up to a total: the largest remainders are rounded up.

    ``parts`` are units. Each is shown within a cent of its value when the total is within a cent
    a part of their sum.
    """
    lower = [part // CENT for part in parts]
    missing = total_cents - sum(lower)
    if not parts:
        return []
    by_remainder = sorted(range(len(parts)), key=lambda place: -(parts[place] % CENT))
    share, rest = divmod(missing, len(parts))
    made = [value + share for value in lower]
    for place in by_remainder[:rest]:
        made[place] += 1
    return made
