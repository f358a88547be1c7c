"""Whole numbers of any length in compiled code: what exact money falls back on.

A wide number is an array of limbs of 30 bits in int64, the lowest first, so that the product of
two limbs and its carry fit one int64. No function checks for overflow: the caller makes the array
long enough (`limbs_for`).
"""

import math

import numpy as np
from numpy.typing import NDArray

from plimsoll.lab.fast_lane.compiled import compiled

Wide = NDArray[np.int64]

BITS = 30
MASK = (1 << BITS) - 1
NINE_DIGITS = 10**9
"""The largest power of ten that one limb holds."""
TENS = np.array([10**power for power in range(10)], dtype=np.int64)
DOUBLE_BITS = 53
LEAST_EXPONENT = -1074


@compiled
def limbs_for(digits: int) -> int:
    """Return how many limbs hold a number of so many decimal digits, and two to spare."""
    return digits // 9 + 3


@compiled
def wide(value: int, limbs: int) -> Wide:
    """Return a whole number from 0 to 2^63 - 1 as a wide one."""
    made = np.zeros(limbs, np.int64)
    place = 0
    while value > 0:
        made[place] = value & MASK
        value >>= BITS
        place += 1
    return made


@compiled
def length_of(number: Wide) -> int:
    """Return how many limbs are in use; 0 for zero."""
    used = len(number)
    while used > 0 and number[used - 1] == 0:
        used -= 1
    return used


@compiled
def bits_of(number: Wide) -> int:
    """Return the length in bits; 0 for zero."""
    used = length_of(number)
    if used == 0:
        return 0
    top, count = number[used - 1], 0
    while top > 0:
        top >>= 1
        count += 1
    return (used - 1) * BITS + count


@compiled
def compare(left: Wide, right: Wide) -> int:
    """Return -1, 0 or 1 as the left is less than, equal to or more than the right."""
    for place in range(max(len(left), len(right)) - 1, -1, -1):
        a = left[place] if place < len(left) else 0
        b = right[place] if place < len(right) else 0
        if a != b:
            return 1 if a > b else -1
    return 0


@compiled
def add(number: Wide, other: Wide) -> None:
    """Add another wide number, in place."""
    carry = 0
    for place in range(len(number)):
        carry += number[place] + (other[place] if place < len(other) else 0)
        number[place] = carry & MASK
        carry >>= BITS


@compiled
def subtract(number: Wide, other: Wide) -> None:
    """Subtract a wide number that is not larger, in place."""
    borrow = 0
    for place in range(len(number)):
        borrow += number[place] - (other[place] if place < len(other) else 0)
        number[place] = borrow & MASK
        borrow >>= BITS


@compiled
def scale(number: Wide, factor: int) -> None:
    """Multiply by a whole number below 2^30, in place."""
    carry = 0
    for place in range(len(number)):
        carry += number[place] * factor
        number[place] = carry & MASK
        carry >>= BITS


@compiled
def scale_by_ten(number: Wide, power: int) -> None:
    """Multiply by 10^power, in place; the power is not negative."""
    while power >= 9:
        scale(number, NINE_DIGITS)
        power -= 9
    if power > 0:
        scale(number, TENS[power])


@compiled
def shift(number: Wide, bits: int) -> None:
    """Multiply by 2^bits, in place; the count is not negative."""
    jump = bits // BITS
    if jump > 0:
        for place in range(len(number) - 1, -1, -1):
            number[place] = number[place - jump] if place >= jump else 0
    scale(number, 1 << (bits % BITS))


@compiled
def multiply(left: Wide, right: Wide, limbs: int) -> Wide:
    """Return the product of two wide numbers in so many limbs."""
    made = np.zeros(limbs, np.int64)
    used = length_of(right)
    for place in range(length_of(left)):
        carry = 0
        for other in range(used):
            carry += made[place + other] + left[place] * right[other]
            made[place + other] = carry & MASK
            carry >>= BITS
        if carry > 0:
            made[place + used] = carry
    return made


@compiled
def divide(numerator: Wide, denominator: Wide) -> Wide:
    """Return the quotient, rounded down; the numerator becomes the remainder.

    Knuth, The Art of Computer Programming 2, 4.3.1, algorithm D. The denominator is not zero.
    """
    quotient = np.zeros(len(numerator), np.int64)
    size = length_of(denominator)
    if size == 1:
        rest, by = 0, denominator[0]
        for place in range(len(numerator) - 1, -1, -1):
            rest = (rest << BITS) | numerator[place]
            quotient[place] = rest // by
            rest -= quotient[place] * by
            numerator[place] = 0
        numerator[0] = rest
        return quotient
    room = np.zeros(len(numerator) + 1, np.int64)
    room[: len(numerator)] = numerator
    spread = 0
    while denominator[size - 1] << spread < 1 << (BITS - 1):
        spread += 1
    by_wide = denominator[:size].copy()
    scale(by_wide, 1 << spread)
    scale(room, 1 << spread)
    for place in range(length_of(room) - size, -1, -1):
        quotient[place] = _digit(room, by_wide, place)
    numerator[:] = room[: len(numerator)]
    _halve(numerator, spread)
    return quotient


@compiled
def _digit(room: Wide, by: Wide, place: int) -> int:
    """Return one limb of a quotient and take its share from the numerator."""
    size = len(by)
    top = room[place + size] if place + size < len(room) else 0
    pair = (top << BITS) | room[place + size - 1]
    guess = pair // by[size - 1]
    rest = pair - guess * by[size - 1]
    while guess > MASK or guess * by[size - 2] > ((rest << BITS) | room[place + size - 2]):
        guess -= 1
        rest += by[size - 1]
        if rest > MASK:
            break
    borrow = 0
    for step in range(size):
        borrow += room[place + step] - guess * by[step]
        room[place + step] = borrow & MASK
        borrow >>= BITS
    if place + size < len(room):
        room[place + size] += borrow
        borrow = room[place + size]
    if borrow < 0:
        guess -= 1
        carry = 0
        for step in range(size):
            carry += room[place + step] + by[step]
            room[place + step] = carry & MASK
            carry >>= BITS
        if place + size < len(room):
            room[place + size] += carry
    return guess


@compiled
def _halve(number: Wide, bits: int) -> None:
    """Divide by 2^bits, in place, for fewer bits than a limb has."""
    rest = 0
    for place in range(len(number) - 1, -1, -1):
        whole = (rest << BITS) | number[place]
        number[place] = whole >> bits
        rest = whole & ((1 << bits) - 1)


@compiled
def nearest_double(number: Wide, decimals: int) -> float:
    """Return the double nearest to number / 10^decimals; of two as near, the even one."""
    bits = bits_of(number)
    if bits == 0:
        return 0.0
    room = limbs_for(abs(decimals)) + len(number) + 3
    upper, lower = np.zeros(room, np.int64), wide(1, room)
    upper[: len(number)] = number
    scale_by_ten(lower if decimals > 0 else upper, abs(decimals))
    places = DOUBLE_BITS + 3 - (bits_of(upper) - bits_of(lower))
    if places > BITS:  # the longer numerator has room for it, and none is needed beyond
        longer = np.zeros(room + places // BITS + 1, np.int64)
        longer[:room] = upper
        upper = longer
    shift(upper if places > 0 else lower, abs(places))
    quotient = divide(upper, lower)
    value = quotient[0] | (quotient[1] << BITS)
    drop = DOUBLE_BITS
    size = 0
    while value >> size > 0:
        size += 1
    drop = max(size - DOUBLE_BITS, places + LEAST_EXPONENT)
    if drop > 62:
        return 0.0
    if drop > 0:
        low, half = value & ((1 << drop) - 1), 1 << (drop - 1)
        value >>= drop
        if low > half or (low == half and (length_of(upper) > 0 or value & 1 == 1)):
            value += 1
    else:
        drop = 0
    return math.ldexp(float(value), drop - places)
