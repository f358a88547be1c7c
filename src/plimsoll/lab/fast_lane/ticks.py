"""Prices and amounts brought to the steps of an exchange, bit for bit as Freqtrade does it.

``price_to_precision``, ``amount_to_precision`` and ``amount_to_contract_precision`` of
``freqtrade.exchange``, in compiled code, for exchanges that count ticks or decimal places. A NaN
stands for a precision or a contract size that is ``None``.
"""

import numpy as np
from numba import objmode

from plimsoll.lab.fast_lane.compiled import compiled
from plimsoll.lab.fast_lane.decimals import EXACT_TENS, TENS, shortest, stripped
from plimsoll.lab.fast_lane.money import product, quotient, round14
from plimsoll.lab.fast_lane.wide import (
    add,
    compare,
    divide,
    length_of,
    limbs_for,
    multiply,
    nearest_double,
    scale,
    scale_by_ten,
    wide,
)

DECIMAL_PLACES, TICK_SIZE = 2, 4
"""ccxt's precision modes; its third, significant digits, is not for this module."""
TRUNCATE, ROUND, ROUND_UP, ROUND_DOWN = 0, 1, 2, 3
"""ccxt's rounding modes; the first two look at the size, the others at the number line."""
DOWN, HALF_UP, UP = 0, 1, 2
MOST_PLACES = 26
"""ccxt counts no more decimal places than its decimal context has, less two."""
WHOLE_TENS = np.array([10**power for power in range(19)])
ROOM = 1 << 61
EXACT_DIGITS = 1 << 53
DOUBLE_DIGITS = 17
STEP_UP = np.array([float(10**power) for power in range(EXACT_TENS + 1)])
STEP_DOWN = np.array([float(10**-power) for power in range(EXACT_TENS + 1)])


@compiled
def _to_step_of_digits(size: float, part: int, places: int, way: int) -> tuple[float, bool]:
    with objmode(made="float64", moved="boolean"):
        made, moved = _to_step_in_full(size, part, places, way)
    return made, moved


@compiled
def _to_step(size: float, part: int, places: int, way: int) -> tuple[float, bool]:
    """Return a size as a multiple of part / 10^places, and whether it had to be moved there."""
    digits, decimals = shortest(size)
    gap, by = decimals - places, part
    if 0 <= gap <= 18 and part <= ROOM // WHOLE_TENS[gap]:
        by = part * WHOLE_TENS[gap]
    elif -18 <= gap < 0 and digits <= ROOM // WHOLE_TENS[-gap]:
        digits *= WHOLE_TENS[-gap]
    else:
        return _to_step_of_digits(size, part, places, way)
    count = digits // by
    rest = digits - count * by
    if rest == 0:
        return size, False
    if way == UP or (way == HALF_UP and 2 * rest >= by):
        count += 1
    whole = count * part
    if whole <= EXACT_DIGITS and abs(places) <= EXACT_TENS:
        return (whole / TENS[places] if places >= 0 else whole * TENS[-places]), True
    return _to_step_of_digits(size, part, places, way)


@compiled
def _to_step_in_full(size: float, part: int, places: int, way: int) -> tuple[float, bool]:
    """Return what `_to_step` does, from whole numbers of any length."""
    digits, decimals = shortest(size)
    gap = decimals - places
    limbs = limbs_for(2 * DOUBLE_DIGITS + abs(gap))
    rest, by = wide(digits, limbs), wide(part, limbs)
    scale_by_ten(by if gap > 0 else rest, abs(gap))
    count = divide(rest, by)
    if length_of(rest) == 0:
        return size, False
    scale(rest, 2)
    if way == UP or (way == HALF_UP and compare(rest, by) >= 0):
        add(count, wide(1, 1))
    return nearest_double(multiply(count, wide(part, 4), limbs + 4), places), True


@compiled
def _up_or_down_to_place(price: float, precision: float, rounding: int) -> float:
    """Return Freqtrade's ceiling or floor at a decimal place, which it computes with doubles."""
    places = int(np.rint(precision))
    if abs(places) > EXACT_TENS:
        return np.nan
    step = STEP_UP[places] if places >= 0 else STEP_DOWN[-places]
    ticks = np.ceil(price * step) if rounding == ROUND_UP else np.floor(price * step)
    return (ticks + 0.0) / step


@compiled
def price_to_tick(price: float, precision: float, mode: int, rounding: int) -> float:
    """Return ``price_to_precision(price, precision, mode, rounding_mode=rounding)``.

    NaN for ccxt's significant digits and for more than 22 decimal places up or down, which the
    caller has refused.
    """
    if not abs(price) < np.inf or precision != precision:
        return price
    if mode not in (TICK_SIZE, DECIMAL_PLACES):
        return np.nan
    by_size = rounding in (ROUND, TRUNCATE)
    if mode == DECIMAL_PLACES and not by_size:
        return _up_or_down_to_place(price, precision, rounding)
    if mode == DECIMAL_PLACES:
        part, places = 1, min(int(precision), MOST_PLACES)
    else:
        part, places = shortest(precision)
        part, places = stripped(part, places)
    if by_size:
        way = HALF_UP if rounding == ROUND else DOWN
    else:
        way = UP if (rounding == ROUND_UP) == (price > 0.0) else DOWN
    size, moved = _to_step(abs(price), part, places, way)
    if not by_size and not moved:
        return price
    made = -size if price < 0.0 and size > 0.0 else size
    return made if by_size else round14(made)


@compiled
def amount_to_precision(amount: float, precision: float, mode: int) -> float:
    """Return ``amount_to_precision(amount, precision, mode)``: cut to what the exchange takes."""
    return price_to_tick(amount, precision, mode, TRUNCATE)


@compiled
def amount_to_contract_precision(
    amount: float, precision: float, mode: int, contract_size: float
) -> float:
    """Return ``amount_to_contract_precision``: cut to whole steps of contracts of a size."""
    if precision != precision:
        return amount
    if contract_size != contract_size or contract_size == 1.0 or contract_size == 0.0:
        return amount_to_precision(amount, precision, mode)
    contracts = amount_to_precision(quotient(amount, contract_size), precision, mode)
    return product(contracts, contract_size)
