"""Freqtrade's money, bit for bit, in compiled code.

Freqtrade multiplies amounts, prices and fees as exact decimals (ccxt's Precise) and rounds once,
to a double; its quotients are cut after 18 decimals first. Each function answers the same double.
It computes with pairs of doubles, sees whether their error could matter, and where it could,
computes again with whole numbers of any length.

Amounts, prices, stakes and leverages are finite and not negative, fees from 0 to below 1, where
nothing else is said. What is rounded may be NaN or infinite and comes back as it is.
"""

import numpy as np
from numba import objmode

from plimsoll.lab.fast_lane.compiled import compiled
from plimsoll.lab.fast_lane.decimals import shortest, stripped
from plimsoll.lab.fast_lane.doubled import as_pair, exact_product, one_and, over, rounded, times
from plimsoll.lab.fast_lane.wide import (
    add,
    divide,
    length_of,
    limbs_for,
    multiply,
    nearest_double,
    scale_by_ten,
    subtract,
    wide,
)

QUOTIENT_DECIMALS = 18
"""After how many decimals ccxt's Precise cuts a quotient."""
LAST_DECIMAL = 1e-18
DOUBLE_DIGITS = 17
SCIENTIFIC = 1e16
"""From here on Python writes a double with an exponent."""


@compiled
def _round(value: float, scale: float, whole_from: float) -> float:
    """Return Python's ``round``: the nearest multiple of 1 / scale, ties to the even multiple."""
    size = abs(value)
    if not size < whole_from:  # its neighbours are further away than any multiple; or NaN
        return value
    high, low = exact_product(size, scale)
    floor = np.floor(high)
    past_half = (high - floor - 0.5) + low
    if past_half > 0.0 or (past_half == 0.0 and floor % 2.0 == 1.0):
        floor += 1.0
    return np.copysign(floor / scale, value)


@compiled
def round8(value: float) -> float:
    """Return ``round(value, 8)`` of any double."""
    return _round(value, 1e8, 67108864.0)


@compiled
def round14(value: float) -> float:
    """Return ``round(value, 14)`` of any double."""
    return _round(value, 1e14, 64.0)


@compiled
def _product_of_digits(left: float, right: float, fee: float, sign: float) -> float:
    with objmode(made="float64"):
        made = product_in_full(left, right, fee, sign)
    return made  # noqa: RET504 - objmode has to be left first


@compiled
def _quotient_of_digits(left: float, right: float, divisor: float, sign: float) -> float:
    with objmode(made="float64"):
        made = quotient_in_full(left, right, divisor, sign)
    return made  # noqa: RET504 - objmode has to be left first


@compiled
def product(left: float, right: float) -> float:
    """Return ``float(FtPrecise(left) * FtPrecise(right))``."""
    made = rounded(times(as_pair(left), as_pair(right)), 0.0)
    return made if made == made else _product_of_digits(left, right, 0.0, 0.0)


@compiled
def product_in_full(left: float, right: float, fee: float, sign: float) -> float:
    """Return left x right x (1 + sign x fee), from whole numbers; the sign is 1, -1 or 0."""
    first, first_decimals = shortest(left)
    second, second_decimals = shortest(right)
    part, fee_decimals = shortest(fee)
    digits = 3 * (DOUBLE_DIGITS + 2) + abs(fee_decimals)
    limbs = limbs_for(digits)
    share = wide(1, limbs)
    scale_by_ten(share, max(fee_decimals, 0))
    if sign > 0.0:
        add(share, wide(part, limbs))
    elif sign < 0.0:
        subtract(share, wide(part, limbs))
    number = multiply(multiply(wide(first, limbs), wide(second, limbs), limbs), share, limbs)
    return nearest_double(number, first_decimals + second_decimals + fee_decimals)


@compiled
def value_with_fee(amount: float, price: float, fee: float, sign: float) -> float:
    """Return amount x price x (1 + sign x fee), exact and rounded once; the sign is 1 or -1."""
    pair = times(times(as_pair(amount), as_pair(price)), one_and(as_pair(fee), sign))
    made = rounded(pair, 0.0)
    return made if made == made else _product_of_digits(amount, price, fee, sign)


@compiled
def open_value(amount: float, price: float, fee: float, is_short: int) -> float:
    """Return ``LocalTrade._calc_open_trade_value``: what was paid, or got when sold short."""
    return value_with_fee(amount, price, fee, -1.0 if is_short else 1.0)


@compiled
def close_value(amount: float, price: float, fee: float, is_short: int) -> float:
    """Return ``LocalTrade.calc_close_trade_value`` without funding.

    Funding comes on top as a plain double: added for a long, taken off for a short.
    """
    return value_with_fee(amount, price, fee, 1.0 if is_short else -1.0)


@compiled
def margin(amount: float, price: float, leverage: float) -> float:
    """Return a filled trade's ``stake_amount``: exact amount x price, then a plain division.

    ``recalc_trade_from_orders`` computes it so for a trade of one entry; ``max_stake_amount`` is
    the same number there.
    """
    return product(amount, price) / leverage


@compiled
def quotient(left: float, right: float) -> float:
    """Return ``float(FtPrecise(left) / FtPrecise(right))``; NaN when the divisor is 0."""
    made = rounded(over(as_pair(left), as_pair(right)), LAST_DECIMAL)
    return made if made == made else _quotient_of_digits(left, 1.0, right, 1.0)


@compiled
def _written(value: float) -> tuple[int, int]:
    """Return digits and decimals as ``str`` writes them: one zero after the point of a whole."""
    digits, decimals = shortest(value)
    digits, decimals = stripped(digits, decimals)
    if decimals < 1 and value < SCIENTIFIC:
        while decimals < 1:
            digits *= 10
            decimals += 1
    return digits, decimals


@compiled
def quotient_in_full(left: float, right: float, divisor: float, sign: float) -> float:
    """Return the size of sign x left x right / divisor cut to 18 decimals, from whole numbers.

    Precise cuts a negative numerator that has too many decimals downwards, that is away from
    zero, before it divides. NaN when the divisor is 0, where Freqtrade fails.
    """
    if divisor == 0.0:
        return np.nan
    first, first_decimals = _written(left)
    second, second_decimals = _written(right)
    by, by_decimals = _written(divisor)
    distance = QUOTIENT_DECIMALS - first_decimals - second_decimals + by_decimals
    limbs = limbs_for(4 * DOUBLE_DIGITS + abs(distance))
    number = multiply(wide(first, limbs), wide(second, limbs), limbs)
    if distance > 0:
        scale_by_ten(number, distance)
    elif distance < 0:
        power = wide(1, limbs)
        scale_by_ten(power, -distance)
        number, rest = divide(number, power), number
        if sign < 0.0 and length_of(rest) > 0:
            add(number, wide(1, 1))
    return nearest_double(divide(number, wide(by, limbs)), QUOTIENT_DECIMALS)
