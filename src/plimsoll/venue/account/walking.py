"""The price path of one contract between two instants, and when it reaches a level.

Between two bends log prices are straight lines, so that a stretch may be walked in one go or in
many without another result. Limits and contract-price triggers wait for the last price, rounded
as it is published; liquidation and mark-price triggers for the mark price.
"""

import math
from dataclasses import dataclass

import numpy as np

from plimsoll.venue.market.base import Floats, Ints, Market

_LITTLE_LESS = 1.0 - 1e-7


@dataclass(frozen=True)
class Path:
    """Instants in ms, ascending, and the log last and mark price at each. Shape (n,)."""

    times: Ints
    lasts: Floats
    marks: Floats
    half_tick: float

    def when_last(self, level: float, from_ms: float, *, below: bool) -> float | None:
        """Return when, from an instant on, the published last price is at the level or beyond."""
        edge = level + self.half_tick * _LITTLE_LESS * (1.0 if below else -1.0)
        return _when(self.times, self.lasts, edge, from_ms, below=below)

    def when_mark(self, level: float, from_ms: float, *, below: bool) -> float | None:
        """Return when, from an instant on, the mark price is at the level or beyond."""
        return _when(self.times, self.marks, level, from_ms, below=below)


def path_between(market: Market, symbol: str, start_ms: int, end_ms: int) -> Path:
    """Return the path from start to end with every bend between them."""
    third = market.finest(symbol).ms // 3
    grid = np.arange((start_ms // third + 1) * third, end_ms, third, dtype=np.int64)
    knots = market.overlay.knots_between(symbol, start_ms, end_ms)
    times = np.unique(np.concatenate([[start_ms], grid, knots, [end_ms]]).astype(np.int64))
    lasts = market.overlay.price(symbol, times, market.log_path(symbol, times))
    marks = market.log_marks(symbol, times, lasts)
    return Path(times, lasts, marks, 0.5 * 10.0 ** -market.specs[symbol].price_decimals)


def last_and_mark(market: Market, symbol: str, time_ms: int) -> tuple[float, float]:
    """Return the published last price and the mark price at an instant."""
    times = np.array([time_ms], dtype=np.int64)
    lasts = market.overlay.price(symbol, times, market.log_path(symbol, times))
    marks = market.log_marks(symbol, times, lasts)
    decimals = market.specs[symbol].price_decimals
    return round(float(np.exp(lasts[0])), decimals), float(np.exp(marks[0]))


def _when(times: Ints, logs: Floats, level: float, from_ms: float, *, below: bool) -> float | None:
    """Return the first instant at which the line is at the level or beyond, None if never."""
    if level <= 0.0 or from_ms > times[-1]:
        return None
    target = math.log(level)
    now = float(logs[0] if from_ms <= times[0] else np.interp(from_ms, times, logs))
    if (now <= target) if below else (now >= target):
        return from_ms
    first = int(np.searchsorted(times, from_ms, side="right"))
    later = logs[first:]
    hits = np.flatnonzero(later <= target if below else later >= target)
    if len(hits) == 0:
        return None
    end = first + int(hits[0])
    before, after = float(logs[end - 1]), float(logs[end])
    share = (target - before) / (after - before)
    return float(times[end - 1] + share * (times[end] - times[end - 1]))
