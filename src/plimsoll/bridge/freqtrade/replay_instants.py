"""At which instants a replayed bot looks at the market: arithmetic alone, times in milliseconds."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

MINUTE_MS = 60_000
AFTER_OPEN_MS = 1_000
"""Freqtrade's own offset: a new candle is there a second after it opened."""

LONGEST_STEP_MS = 240_000
"""Guards take a bot that has not looked for five minutes for one that hangs."""


@dataclass(frozen=True, slots=True)
class PathAhead:
    """The price of one contract until a candle's end: (ms, price), straight in log price between.

    Attributes
    ----------
    tick, half_spread_fraction
        The step of its prices; how far bid and ask lie from the last price.
    """

    points: Sequence[tuple[int, float]]
    tick: float = 0.0
    half_spread_fraction: float = 0.0

    def stands_still(self, begin_ms: int, end_ms: int) -> bool:
        """Return whether the price is one and the same between two instants."""
        return all(
            begin == end
            for (from_ms, begin), (to_ms, end) in pairwise(self.points)
            if to_ms > begin_ms and from_ms < end_ms
        )


@dataclass(frozen=True, slots=True)
class Level:
    """A price that matters to the bot; it acts when the side that it trades at has come there.

    Attributes
    ----------
    falling
        Whether it is reached from above, else from below.
    sells
        Whether the bot would sell there (at the bid), else buy (at the ask).
    """

    price: float
    falling: bool
    sells: bool

    def last_price(self, path: PathAhead) -> float:
        """Return the last price at which the book is at the level, one tick beyond it."""
        half = path.half_spread_fraction * (-1 if self.sells else 1)
        beyond = -path.tick if self.falling else path.tick
        return (self.price + beyond) / (1 + half)


def minute_instants(open_ms: int, end_ms: int) -> list[int]:
    """Return one instant a minute of the candle, each a second after the minute began."""
    return [at + AFTER_OPEN_MS for at in range(open_ms, end_ms, MINUTE_MS)]


def tick_instants(open_ms: int, end_ms: int, paths: Iterable[PathAhead]) -> list[int]:
    """Return a candle's points: a second after its open, each path's extremes, and its close.

    The close is its last millisecond: at its end the next candle has begun. Where two points lie
    farther apart than `LONGEST_STEP_MS`, others lie between them: a bot is never away so long.
    """
    instants = {open_ms + AFTER_OPEN_MS, end_ms - 1}
    for path in paths:
        inside = [point for point in path.points if open_ms <= point[0] <= end_ms]
        if inside:
            instants.add(min(inside, key=lambda point: point[1])[0])
            instants.add(max(inside, key=lambda point: point[1])[0])
    points = sorted(at for at in instants if open_ms + AFTER_OPEN_MS <= at < end_ms)
    between = [at for pair in pairwise(points) for at in range(*pair, LONGEST_STEP_MS)]
    return [*between, points[-1]]


def next_look(now_ms: int, every_ms: int, candle_ms: int, paths: Sequence[PathAhead]) -> int | None:
    """Return the first multiple of ``every_ms`` after ``now_ms`` at which a price moves.

    Where the paths stand still from the multiple before to the one after, a look would see what
    another has seen. None where the candle ends first: the next one has instants of its own.
    """
    first, end_ms = (now_ms // every_ms + 1) * every_ms, (now_ms // candle_ms + 1) * candle_ms
    for at in range(first, end_ms, every_ms):
        if not all(path.stands_still(at - every_ms, at + every_ms) for path in paths):
            return at
    return None


def next_touch(path: PathAhead, levels: Iterable[Level], now_ms: int) -> int | None:
    """Return the first instant after ``now_ms`` at which the path comes to one of the levels.

    A level that the price is beyond already is not touched again: the bot has seen it.
    """
    touched = [
        at
        for level in levels
        if (at := _touch(path.points, level.last_price(path), now_ms, falling=level.falling))
        is not None
    ]
    return min(touched, default=None)


def _touch(
    points: Sequence[tuple[int, float]], price: float, now_ms: int, *, falling: bool
) -> int | None:
    if price <= 0:
        return None
    sign = 1 if falling else -1
    for (begin_ms, begin), (end_ms, end) in pairwise(points):
        if end_ms <= now_ms or sign * (end - price) > 0 or sign * (begin - price) <= 0:
            continue
        share = math.log(price / begin) / math.log(end / begin)
        at = min(begin_ms + math.ceil((end_ms - begin_ms) * share), end_ms)
        if at > now_ms:
            return at
    return None


def next_instant(
    now_ms: int,
    due: Sequence[int],
    paths: Mapping[str, PathAhead],
    levels: Mapping[str, Sequence[Level]],
) -> int | None:
    """Return the next instant of those due, or an earlier one at which a level is touched."""
    later = [at for at in due if at > now_ms]
    for symbol, watched in levels.items():
        if symbol in paths and (at := next_touch(paths[symbol], watched, now_ms)) is not None:
            later.append(at)
    return min(later, default=None)
