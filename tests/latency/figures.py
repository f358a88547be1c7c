"""What the page says of a scene, computed from what its bot and its exchange left."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

CANDLE_SECONDS = 60
OFFSET_SECONDS = 1.0
"""Freqtrade's worker wakes a second after a candle's end: it is no work of the bot's."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Median, 99th percentile and greatest of some seconds; NaN without any."""

    p50: float
    p99: float
    most: float

    @classmethod
    def of(cls, seconds: Iterable[float]) -> "Spread":
        """Return the spread of values."""
        values = np.fromiter(seconds, float)
        if not values.size:
            return cls(np.nan, np.nan, np.nan)
        return cls(*np.percentile(values, [50, 99]), values.max())


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one scene.

    Attributes
    ----------
    sent
        Seconds from the candle's close to each order: as the exchange received it in live mode,
        as the bot made it in dry-run.
    work, processor
        Seconds from the beginning of the loop to each order, by the clock and of the processor.
    first
        The same as `work`, of the first order of each loop only.
    parts
        Calls and seconds a loop that sent orders, by part.
    candles, missed
        Candles that closed while the bot ran, over all pairs, and those that it never analysed.
    """

    orders: int
    loops: int
    sent: Spread
    work: Spread
    processor: Spread
    first: Spread
    own_sent: tuple[float, ...]
    parts: dict[str, tuple[float, float]]
    candles: int
    missed: int


def figures(
    loops: Sequence[dict[str, Any]], received: Sequence[dict[str, Any]], *, is_live: bool
) -> Figures:
    """Return a scene's figures; the loops up to the first whole minute are its start."""
    begin = (loops[0]["at"] // CANDLE_SECONDS + 1) * CANDLE_SECONDS
    counted = [one for one in loops if one["at"] >= begin]
    busy = [one for one in counted if one["orders"]]
    orders = [(one, order) for one in busy for order in one["orders"]]
    if is_live:
        sent = [
            one["latency_ms"] / 1000
            for one in received
            if one["received_ms"] >= begin * 1000 and one["kind"] == "MARKET"
        ]
    else:
        sent = [order[0] % CANDLE_SECONDS for _, order in orders]
    candles, missed = missed_candles(counted)
    return Figures(
        orders=len(sent),
        loops=len(busy),
        sent=Spread.of(sent),
        work=Spread.of(order[0] - one["at"] for one, order in orders),
        processor=Spread.of(order[1] for _, order in orders),
        first=Spread.of(one["orders"][0][0] - one["at"] for one in busy),
        own_sent=tuple(value - OFFSET_SECONDS for value in sent),
        parts=_parts(busy),
        candles=candles,
        missed=missed,
    )


def missed_candles(loops: Sequence[dict[str, Any]]) -> tuple[int, int]:
    """Return how many candles closed from the first to the last analysed, and how many were not.

    Each pair has its own; a candle that was analysed twice counts once.
    """
    seen: dict[str, set[int]] = defaultdict(set)
    for one in loops:
        for pair, opened in one["analysed"].items():
            seen[pair].add(opened)
    if not seen:
        return 0, 0
    first = min(min(times) for times in seen.values())
    last = max(max(times) for times in seen.values())
    each = (last - first) // CANDLE_SECONDS + 1
    return each * len(seen), sum(each - len(times) for times in seen.values())


def _parts(loops: Sequence[dict[str, Any]]) -> dict[str, tuple[float, float]]:
    """Return calls and seconds of each part, a loop on average, the costliest first."""
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for one in loops:
        for part, (calls, seconds) in one["parts"].items():
            sums[part][0] += calls
            sums[part][1] += seconds
    averages = {
        part: (calls / len(loops), took / len(loops)) for part, (calls, took) in sums.items()
    }
    return dict(sorted(averages.items(), key=lambda item: -item[1][1]))
