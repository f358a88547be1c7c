"""What the page says of a scene, computed from what its bot and its exchange left."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Seconds = NDArray[np.float64]
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
    reached
        Seconds from the beginning of the loop to each order, by the clock.
    waited, queued
        Seconds of these that the bot waited for the exchange's answers, and for a processor
        that others had.
    work
        Own work: what of `reached` was not waited for the exchange.
    undisturbed
        What of the own work was not waited for a processor either.
    processor
        Seconds of the processor until each order.
    first, further
        What the first order of a loop takes on average, and each one after it.
    parts
        Calls, seconds, seconds of the processor and of waiting for the exchange, a loop that
        sent orders, by part.
    candles, missed
        Candles that closed while the bot ran, over all pairs, and those that it never analysed.
    """

    orders: int
    loops: int
    sent: Spread
    reached: Spread
    waited: Spread
    queued: Spread
    work: Spread
    undisturbed: Spread
    processor: Spread
    first: "Cost"
    further: "Cost"
    each_work: tuple[float, ...]
    parts: dict[str, tuple[float, ...]]
    candles: int
    missed: int


@dataclass(frozen=True, slots=True)
class Cost:
    """Average seconds of an order.

    Attributes
    ----------
    processor
        Of the processor.
    work
        Own work less the queue for a processor.
    guards
        Of the processor, within the guards' callbacks.
    """

    processor: float
    work: float
    guards: float


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
        sent = [order["at"] % CANDLE_SECONDS for _, order in orders]
    each_work = tuple(_work(one, order) for one, order in orders)
    candles, missed = missed_candles(counted)
    return Figures(
        orders=len(sent),
        loops=len(busy),
        sent=Spread.of(sent),
        reached=Spread.of(order["at"] - one["at"] for one, order in orders),
        waited=Spread.of(order["waited"] for _, order in orders),
        queued=Spread.of(order["queued"] for _, order in orders),
        work=Spread.of(each_work),
        undisturbed=Spread.of(_undisturbed(one, order) for one, order in orders),
        processor=Spread.of(order["processor"] for _, order in orders),
        first=_cost(_spent(one, one["orders"][0]) for one in busy),
        further=_cost(
            _spent(one, later) - _spent(one, earlier)
            for one in busy
            for earlier, later in pairwise(one["orders"])
        ),
        each_work=each_work,
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


def _work(loop: dict[str, Any], order: dict[str, Any]) -> float:
    return float(order["at"] - loop["at"] - order["waited"])


def _undisturbed(loop: dict[str, Any], order: dict[str, Any]) -> float:
    return _work(loop, order) - float(order["queued"])


def _spent(loop: dict[str, Any], order: dict[str, Any]) -> Seconds:
    """Return what an order had taken when it left: the fields of `Cost`."""
    return np.array([order["processor"], _undisturbed(loop, order), order["guards"]])


def _cost(spent: Iterable[Seconds]) -> Cost:
    """Return the averages of some orders; NaN without any."""
    each = list(spent)
    return Cost(*(np.mean(each, axis=0) if each else np.full(3, np.nan)))


def _parts(loops: Sequence[dict[str, Any]]) -> dict[str, tuple[float, ...]]:
    """Return what each part takes, a loop on average, the one with most seconds first."""
    sums: dict[str, Any] = {}
    for one in loops:
        for part, spent in one["parts"].items():
            sums[part] = sums.get(part, 0.0) + np.array(spent)
    averages = {part: tuple(spent / len(loops)) for part, spent in sums.items()}
    return dict(sorted(averages.items(), key=lambda item: -item[1][1]))
