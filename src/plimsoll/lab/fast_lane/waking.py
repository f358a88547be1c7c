"""Where the next candle lies on which something can happen, found in compiled code.

Every condition here is a necessary one: a candle that is visited for nothing costs time, one that
is passed by wrongly would cost the identity with Freqtrade's loop. No ``fastmath``.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.uint8]

ENTER_LONG, EXIT_LONG, ENTER_SHORT, EXIT_SHORT = 1, 2, 4, 8
"""Bits of a candle's flags: signals as a strategy's columns have them."""

GOES_LONG, GOES_SHORT = 16, 32
"""Bits of a candle's flags: the side that Freqtrade would enter on."""


@njit(cache=True)
def moves_held_stop(best: float, held: tuple[float, float, float, float]) -> bool:
    """Return whether a stop that is held at a price would be worked out nearer at ``best``.

    As Freqtrade does in doubles: ``stoploss_from_absolute``, the nearest stop of our strategies,
    `LocalTrade.adjust_stop_loss` before it rounds to a tick, away from the market. A stop that is
    no nearer than the one in force, which is at a tick, is none after rounding.

    Parameters
    ----------
    best
        The best price of a candle, signed by the side.
    held
        As `first_waking_row` has it.
    """
    price, leverage, nearest, stop = held
    if not price > 0.0:
        return False
    if best > 0.0:
        fraction = max(max(1 - price / best, 0.0) * leverage, nearest)
        return best * (1 - abs(fraction / leverage)) > stop
    fraction = max(max(-(1 - price / -best), 0.0) * leverage, nearest)
    return -best * (1 + abs(fraction / leverage)) < stop


@njit(cache=True)
def first_waking_row(
    first: int,
    last: int,
    candles: tuple[Floats, Floats, Flags, Floats],
    prices: tuple[float, float, float],
    held: tuple[float, float, float, float],
    values: tuple[float, float, float, float, float, float],
    signals: tuple[int, int],
) -> int:
    """Return the first row of ``[first, last)`` on which an open trade matters, else ``last``.

    Parameters
    ----------
    first, last
        The rows that are looked at.
    candles
        High, low, flags, and the funding a unit that was booked up to each row.
    prices
        Signed by the side (long as they are, short negative), what a candle must reach: at or
        below the first its stop, at or above the second anything on its winning side, at or
        above the third a stop that trails once the profit is there.
    held
        The price that a stop is held at, not signed (NaN for none), the leverage, the nearest stop
        as a fraction, the stop in force: a candle matters at whose best price the fraction that
        leads to the one price leads, in binary, past the other.
    values
        The signed value of one point of price; what the position's value must reach for a profit,
        and for the trailing; the funding of now, that before the last fill, its scale.
    signals
        The bits that close the trade and that keep it from being closed by them.
    """
    high, low, flags, funding = candles
    stop, best_price, trail_price = prices
    a_point, wanted, trail_wanted, funded_now, funded_before, scale = values
    exits, enters = signals
    for row in range(first, last):
        if a_point > 0:
            worst, best, moved = low[row], high[row], high[row]
        else:
            worst, best, moved = -high[row], -low[row], low[row]
        if worst <= stop or best >= best_price:
            return row
        if moves_held_stop(best, held):
            return row
        flag = flags[row]
        if flag & exits and not flag & enters:
            return row
        value = a_point * moved + max(funded_now, funded_before + scale * funding[row])
        if value >= wanted or (best >= trail_price and value >= trail_wanted):
            return row
    return last


@njit(cache=True)
def first_uncalm_step(
    first: int,
    last: int,
    candles: tuple[Floats, Ints, Ints],
    marks: tuple[float, float],
    funded: tuple[int, int],
) -> int:
    """Return the first step whose mark is not surely calm: that after an uncalm candle.

    A mark is the close of the candle before. Calm are closes between ``marks``, both excluded,
    without a hole in the candles, and while no funding is booked that changes the trade.

    Parameters
    ----------
    first, last
        The rows that are looked at, at least one.
    candles
        Closes, the step of each row, and the count of funding stamps that were booked by it.
    marks
        The lowest and the highest calm close.
    funded
        That count of now, and the row at which a trade just filled is booked anew (-1 for none).
    """
    close, steps, stamps = candles
    lowest, highest = marks
    count, again = funded
    for row in range(first, last):
        step = steps[row]
        if row > first and step != steps[row - 1] + 1:
            return steps[row - 1] + 2
        if not lowest < close[row] < highest or stamps[row] != count or row == again:
            return step + 1
    return steps[last - 1] + 2


@njit(cache=True)
def extremes(first: int, last: int, high: Floats, low: Floats) -> tuple[float, float]:
    """Return the highest high and the lowest low of the rows ``[first, last)``, not empty."""
    highest, lowest = high[first], low[first]
    for row in range(first + 1, last):
        highest = max(highest, high[row])
        lowest = min(lowest, low[row])
    return highest, lowest
