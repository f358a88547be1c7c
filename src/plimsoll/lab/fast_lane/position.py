"""A trade of several orders in exact decimals: what ``recalc_trade_from_orders`` adds up.

Freqtrade goes through all orders of a trade after each fill. A position here takes one filled
order at a time and keeps the same exact sums: its amount, its stake at the average price of the
entries, that price (cut after 18 decimals), and the stake of all entries. A position is a row of
int64 that the caller keeps; one of zeros is empty.

Amounts and prices have up to 44 decimals, which 1e-27 has with all its digits; another one makes
the position's figures NaN.
"""

import numpy as np

from plimsoll.lab.fast_lane.compiled import compiled
from plimsoll.lab.fast_lane.decimals import shortest
from plimsoll.lab.fast_lane.money import QUOTIENT_DECIMALS
from plimsoll.lab.fast_lane.wide import (
    BITS,
    Wide,
    add,
    divide,
    length_of,
    multiply,
    nearest_double,
    scale_by_ten,
    subtract,
    wide,
)

DECIMALS = 44
"""Of an amount and of a price; a stake has twice as many."""
AMOUNT_LIMBS, PRICE_LIMBS, STAKE_LIMBS = 11, 8, 20
AMOUNT, PRICE = 0, AMOUNT_LIMBS
STAKE = PRICE + PRICE_LIMBS
ENTERED = STAKE + STAKE_LIMBS
BEYOND = ENTERED + STAKE_LIMBS
POSITION_SIZE = BEYOND + 1
"""Length of a position's row."""


@compiled
def enter(position: Wide, amount: float, price: float) -> None:
    """Add a filled entry."""
    digits, decimals = shortest(amount)
    price_digits, price_decimals = shortest(price)
    if abs(decimals) > DECIMALS or abs(price_decimals) > DECIMALS:
        position[BEYOND] = 1
        return
    whole = wide(digits, AMOUNT_LIMBS)
    scale_by_ten(whole, DECIMALS - decimals)
    add(position[AMOUNT:PRICE], whole)
    stake = multiply(wide(digits, 3), wide(price_digits, 3), STAKE_LIMBS)
    scale_by_ten(stake, 2 * DECIMALS - decimals - price_decimals)
    add(position[STAKE:ENTERED], stake)
    add(position[ENTERED:BEYOND], stake)
    if length_of(position[AMOUNT:PRICE]) > 0:
        position[PRICE:STAKE] = _stake_over_amount(position)[:PRICE_LIMBS]


@compiled
def leave(position: Wide, amount: float) -> None:
    """Take off a filled exit, full or partial, at the average price of the entries."""
    digits, decimals = shortest(amount)
    if abs(decimals) > DECIMALS:
        position[BEYOND] = 1
        return
    whole = wide(digits, AMOUNT_LIMBS)
    scale_by_ten(whole, DECIMALS - decimals)
    subtract(position[AMOUNT:PRICE], whole)
    stake = multiply(wide(digits, 3), position[PRICE:STAKE], STAKE_LIMBS)
    scale_by_ten(stake, 2 * DECIMALS - QUOTIENT_DECIMALS - decimals)
    subtract(position[STAKE:ENTERED], stake)


@compiled
def _stake_over_amount(position: Wide) -> Wide:
    """Return stake / amount, cut after 18 decimals, times 10^18."""
    by = np.zeros(STAKE_LIMBS, np.int64)
    by[:AMOUNT_LIMBS] = position[AMOUNT:PRICE]
    scale_by_ten(by, DECIMALS - QUOTIENT_DECIMALS)
    return divide(position[STAKE:ENTERED].copy(), by)


@compiled
def _figure(position: Wide, first: int, last: int, decimals: int) -> float:
    """Return one of a position's sums as the nearest double; below zero it is kept modulo."""
    if position[BEYOND] != 0:
        return np.nan
    if position[last - 1] >> (BITS - 1) == 0:
        return nearest_double(position[first:last], decimals)
    size = np.zeros(last - first, np.int64)
    subtract(size, position[first:last])
    return -nearest_double(size, decimals)


@compiled
def amount_of(position: Wide) -> float:
    """Return ``float(current_amount)``: entries less exits, not cut to precision."""
    return _figure(position, AMOUNT, PRICE, DECIMALS)


@compiled
def stake_of(position: Wide) -> float:
    """Return ``float(current_stake)``; divided by the leverage it is the trade's stake."""
    return _figure(position, STAKE, ENTERED, 2 * DECIMALS)


@compiled
def entered_of(position: Wide) -> float:
    """Return ``float(max_stake_amount)`` of all entries, before the leverage divides it."""
    return _figure(position, ENTERED, BEYOND, 2 * DECIMALS)


@compiled
def average_price(position: Wide) -> float:
    """Return ``float(avg_price)``: of the entries so far, with which an exit's profit is found."""
    return _figure(position, PRICE, STAKE, QUOTIENT_DECIMALS)


@compiled
def open_rate_of(position: Wide) -> float:
    """Return ``float(current_stake / current_amount)``, which becomes the open rate, at a tick.

    NaN where nothing is held.
    """
    if position[BEYOND] != 0 or length_of(position[AMOUNT:PRICE]) == 0:
        return np.nan
    return nearest_double(_stake_over_amount(position), QUOTIENT_DECIMALS)
