"""A double as the shortest decimal that stands for it, in compiled code.

Freqtrade's exact money begins with ``str(number)``: the decimal with the fewest digits that reads
back as the same double, and of those the nearest to it. Here it is a pair of whole numbers:
``digits / 10^decimals``.
"""

import numpy as np
from numpy.typing import NDArray

from plimsoll.lab.fast_lane.compiled import compiled

Doubles = NDArray[np.float64]

EXACT_TENS = 22
"""The highest power of ten that is a double."""
TENS = np.array([float(10**power) for power in range(EXACT_TENS + 1)])
STEPS = np.array([16, 8, 4, 2, 1])
"""How many zeros at the end are looked for in turn: together all that a double can have."""
TENTHS = np.array([10**step for step in (16, 8, 4, 2, 1)])
LEAST_POWER, MOST_POWER = -292, 324
HIDDEN_BIT = 1 << 52
HALF_WORD = np.uint64(32)
LOW_WORD = np.uint64(0xFFFFFFFF)
ONE = np.uint64(1)


def _powers() -> NDArray[np.uint64]:
    """Return the powers of ten as 128 leading bits, rounded up: a row of high and low word."""
    rows = []
    for power in range(LEAST_POWER, MOST_POWER + 1):
        length = (10**power).bit_length() if power >= 0 else -((10**-power - 1).bit_length()) + 1
        shift = 128 - length
        if power >= 0:
            exact = 10**power
            leading = exact << shift if shift >= 0 else -(-exact >> -shift)
        else:
            leading = -(-(1 << shift) // 10**-power)
        rows.append((leading >> 64, leading & (1 << 64) - 1))
    return np.array(rows, dtype=np.uint64)


POWERS = _powers()


@compiled
def high_word(left: np.uint64, right: np.uint64) -> np.uint64:
    """Return the upper 64 bits of the product of two words of 64 bits."""
    a, b = left >> HALF_WORD, left & LOW_WORD
    c, d = right >> HALF_WORD, right & LOW_WORD
    low, first, second = b * d, a * d, b * c
    middle = (low >> HALF_WORD) + (first & LOW_WORD) + (second & LOW_WORD)
    carried = (first >> HALF_WORD) + (second >> HALF_WORD) + (middle >> HALF_WORD)
    made: np.uint64 = a * c + carried
    return made


@compiled
def _scaled(row: int, value: int) -> int:
    """Return value times a power of ten, shifted; the last bit says whether it was cut."""
    number = np.uint64(value)
    low = high_word(POWERS[row, 1], number)
    first = POWERS[row, 0] * number
    second = high_word(POWERS[row, 0], number)
    total = first + low
    if total < first:
        second += ONE
    whole = int(np.int64(second))
    return whole | 1 if total > ONE else whole


@compiled
def shortest(value: float) -> tuple[int, int]:
    """Return digits and decimals of the shortest decimal of a finite double that is not negative.

    The digits may end in zeros. Up to 14 digits are tried first, by one division that is exact;
    the rest goes the way of R. Giulietti, "The Schubfach way to render doubles" (2020).
    """
    if value == 0.0:
        return 0, 0
    bits = int(np.float64(value).view(np.int64))
    exponent = bits >> 52
    decimals = 13 - (((exponent - 1023) * 315653) >> 20)
    if decimals >= 0:
        decimals = min(decimals, EXACT_TENS)
        digits = np.rint(value * TENS[decimals])
        if digits / TENS[decimals] == value:
            return int(digits), decimals
    return _schubfach(bits & (HIDDEN_BIT - 1), exponent)


@compiled
def _schubfach(fraction: int, biased: int) -> tuple[int, int]:
    """Return the shortest decimal of a double that is given by its bits."""
    c, q = (fraction | HIDDEN_BIT, biased - 1075) if biased != 0 else (fraction, -1074)
    closer = 1 if fraction == 0 and biased > 1 else 0
    odd = c & 1
    power = (q * 1262611 - 524031 * closer) >> 22
    places = q + ((-power * 1741647) >> 19) + 1
    row = -power - LEAST_POWER
    lower = _scaled(row, (4 * c - 2 + closer) << places) + odd
    middle = _scaled(row, (4 * c) << places)
    upper = _scaled(row, (4 * c + 2) << places) - odd
    whole = middle >> 2
    if whole >= 10:
        tenth = whole // 10
        below, above = lower <= 40 * tenth, 40 * tenth + 40 <= upper
        if below != above:
            return tenth + (1 if above else 0), -power - 1
    below, above = lower <= 4 * whole, 4 * whole + 4 <= upper
    if below != above:
        return whole + (1 if above else 0), -power
    half = 4 * whole + 2
    up = middle > half or (middle == half and whole & 1 == 1)
    return whole + (1 if up else 0), -power


@compiled
def stripped(digits: int, decimals: int) -> tuple[int, int]:
    """Return the same decimal without zeros at its end."""
    if digits == 0:
        return 0, 0
    for step in range(len(STEPS)):
        if digits % TENTHS[step] == 0:
            digits //= TENTHS[step]
            decimals -= STEPS[step]
    return digits, decimals
