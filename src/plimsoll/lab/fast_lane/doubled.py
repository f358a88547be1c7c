"""Numbers as a pair of doubles: the nearest double and what it lacks, in compiled code.

About 105 bits. Dekker, "A floating-point technique for extending the available precision" (1971);
Joldes, Muller and Popescu, "Tight and rigorous error bounds for basic building blocks of
double-word arithmetic" (2017): each operation here errs by less than 2^-100 of its result.
"""

import numpy as np

from plimsoll.lab.fast_lane.compiled import compiled
from plimsoll.lab.fast_lane.decimals import EXACT_TENS, TENS, shortest

Pair = tuple[float, float]

SPLITTER = 134217729.0
"""2^27 + 1."""
MOST_DECIMALS = 44
LACKS = np.array([float(10**power - int(float(10**power))) for power in range(MOST_DECIMALS + 1)])
"""What the double nearest to a power of ten lacks of it."""
NEAREST = np.array([float(10**power) for power in range(MOST_DECIMALS + 1)])
DOUBT = 2.0**-92
"""Share of a result by which it may be wrong, with eight bits to spare."""
EXACT_DIGITS = 1 << 53


@compiled
def exact_sum(left: float, right: float) -> Pair:
    """Return a sum as the nearest double and the rest, exactly."""
    total = left + right
    part = total - left
    return total, (left - (total - part)) + (right - part)


@compiled
def exact_product(left: float, right: float) -> Pair:
    """Return a product as the nearest double and the rest, exactly while nothing underflows."""
    total = left * right
    a, b = left * SPLITTER, right * SPLITTER
    left_high, right_high = a - (a - left), b - (b - right)
    left_low, right_low = left - left_high, right - right_high
    cross = (left_high * right_high - total) + left_high * right_low + left_low * right_high
    return total, cross + left_low * right_low


@compiled
def as_pair(value: float) -> Pair:
    """Return the shortest decimal of a double that is not negative.

    The rest is NaN, and with it all that comes of the pair, for what has not 0 to 44 decimals:
    0 and 1e-27 to 1e15 have, with all their digits.
    """
    digits, decimals = shortest(value)
    if decimals < 0 or decimals > MOST_DECIMALS:
        return value, np.nan
    if digits <= EXACT_DIGITS and decimals <= EXACT_TENS:
        high, low = exact_product(value, TENS[decimals])
        return value, ((float(digits) - high) - low) / TENS[decimals]
    high, low = exact_product(value, NEAREST[decimals])
    low += value * LACKS[decimals]
    near = float(digits)
    rest = float(digits - int(near))
    return value, ((near - high) + (rest - low)) / NEAREST[decimals]


@compiled
def times(left: Pair, right: Pair) -> Pair:
    """Return the product of two pairs."""
    high, low = exact_product(left[0], right[0])
    low += left[0] * right[1] + left[1] * right[0]
    total = high + low
    return total, low - (total - high)


@compiled
def over(left: Pair, right: Pair) -> Pair:
    """Return the quotient of two pairs; the divisor is not zero."""
    first = left[0] / right[0]
    high, low = exact_product(first, right[0])
    rest = ((left[0] - high) - low) + left[1] - first * right[1]
    second = rest / right[0]
    total = first + second
    return total, second - (total - first)


@compiled
def one_and(share: Pair, sign: float) -> Pair:
    """Return 1 plus or minus a share; a NaN rest from a half on, where digits would cancel."""
    if not share[0] < 0.5:
        return 1.0, np.nan
    high, low = exact_sum(1.0, sign * share[0])
    low += sign * share[1]
    total = high + low
    return total, low - (total - high)


@compiled
def rounded(value: Pair, below: float) -> float:
    """Return the one double that a number from value - below to value can round to, or NaN.

    ``below`` is absolute and not negative; the pair's own error is allowed for on both sides.
    """
    doubt = abs(value[0]) * DOUBT
    low, high = value[0] + (value[1] - below - doubt), value[0] + (value[1] + doubt)
    return high if low == high else np.nan
