"""The book within its limits that takes the least trading to get to: exact, in closed form.

Every position has its ends, so every position is on one side: longs sum to one number, shorts to
another, and trading costs what both sums move by. In terms of net (their difference) and gross
(their sum) that is the larger of both moves, so that the cheapest net and gross can be read off;
within a side, those farthest from their targets are traded first, to a common level.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Limits:
    """What a book is to be within; arrays have an element a position.

    Attributes
    ----------
    low, high
        Ends of each position, signed; never of different sides.
    targets, widths
        What a distance is measured from, and its unit; a width of zero needs equal ends.
    net_low, net_high
        Ends of the sum of positions.
    gross
        The largest sum of absolute positions.
    """

    low: Floats
    high: Floats
    targets: Floats
    widths: Floats
    net_low: float
    net_high: float
    gross: float


def nearest_book(held: Floats, limits: Limits) -> Floats:
    """Return the book within the limits with the least sum of absolute changes.

    Among equals it is the one whose largest distance from target, in widths, is smallest, then
    the next largest, and so on: there is one such book, and it is continuous in ``held``. Limits
    that contradict each other hold in this order: the ends of each position, gross, net; the
    latter two get as near as they can.
    """
    low, high = limits.low, limits.high
    start = np.clip(held, low, high)
    near, far = _by_size(low, high)
    long = low + high > 0
    least, most = _sums(near, long), _sums(far, long)
    net_now, gross_now = float(start.sum()), float(np.abs(start).sum())
    reach = least[0] - most[1], most[0] - least[1]
    net = _within(_within(net_now, limits.net_low, limits.net_high), *reach)
    cost = abs(net - net_now)
    floor = max(gross_now - cost, 2 * least[0] - net, 2 * least[1] + net)
    if floor <= limits.gross:
        ends = low if net < net_now else high
        book = moved(start, ends, limits, cost)
        gross = _within(float(np.abs(book).sum()), floor, limits.gross)
    else:
        gross = max(limits.gross, least[0] + least[1])
        cost = abs(gross_now - gross)
        book = moved(start, near if gross < gross_now else far, limits, cost)
        lowest = max(2 * least[0] - gross, gross - 2 * most[1])
        highest = min(2 * most[0] - gross, gross - 2 * least[1])
        cheap = _within(float(book.sum()), net_now - cost, net_now + cost)
        net = _within(_within(cheap, limits.net_low, limits.net_high), lowest, highest)
    for of_side, wanted in ((long, (gross + net) / 2), (~long, (gross - net) / 2)):
        sums = float(np.abs(book[of_side]).sum())
        if abs(sums - wanted) > 0:
            was = np.abs(start).sum(where=of_side)
            ends = far if wanted > was else near
            part = moved(start, np.where(of_side, ends, start), limits, abs(wanted - was))
            book = np.where(of_side, part, book)
    return book


def moved(start: Floats, ends: Floats, limits: Limits, amount: float) -> Floats:
    """Return the book moved toward ends by an amount in total, to a common level.

    The level is a distance from target in widths, in the direction of the move: positions that
    are behind it are brought up to it, others stay. All the way when the amount is larger.
    """
    room = np.abs(ends - start)
    free = room > 0
    if amount <= 0 or not free.any():
        return start
    width = np.where(free, limits.widths, 1.0)
    direction = np.sign(ends - start)
    begin = direction * (start - limits.targets) / width
    finish = begin + room / width
    levels = np.sort(np.concatenate([begin[free], finish[free]]))
    steps = np.clip(levels[:, None] - begin, 0.0, finish - begin) * width
    level = float(np.interp(amount, steps[:, free].sum(axis=1), levels))
    step = np.clip(level - begin, 0.0, finish - begin) * width
    return np.where(free & (level > begin), start + direction * np.minimum(step, room), start)


def _by_size(low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Return the ends that are nearer to zero and those farther away."""
    is_low_near = np.abs(low) <= np.abs(high)
    return np.where(is_low_near, low, high), np.where(is_low_near, high, low)


def _sums(book: Floats, long: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Return the sum of the longs and that of the shorts, both above zero."""
    return float(book[long].sum()), float(-book[~long].sum())


def _within(value: float, low: float, high: float) -> float:
    """Return a value brought between two ends; the upper one where they contradict each other."""
    return min(max(value, low), high)
