"""Scenarios: events that a user starts on a running market.

A price scenario transforms the log-price path from the instant it starts. Candles, mark,
index, book and trades all derive from the path, so that they agree, and nothing that was
already published changes.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from plimsoll.core.errors import UsageError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Knots = tuple[tuple[float, float], ...]
OUTAGE = "outage"


@dataclass(frozen=True)
class Scenario:
    """A kind of event. Knots are (share of the duration, share of the full effect)."""

    name: str
    description: str
    default_magnitude: float
    default_duration_seconds: float
    price: Knots = ()
    premium: Knots = ()
    interest: Knots = ()
    damps: bool = False
    volume_factor: float = 1.0
    spread_factor: float = 1.0


_FLUSH: Knots = ((0.0, 0.0), (0.05, -0.3), (0.25, -1.1), (1.0, -1.2), (12.0, -0.6))

SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        Scenario(
            "flash-crash",
            "fall by the magnitude in a fifth of the duration, recover half of it; a positive "
            "magnitude is a squeeze; open interest flushes, spreads widen",
            -0.20,
            1800.0,
            price=((0.0, 0.0), (0.06, 0.35), (0.2, 1.0), (0.3, 0.75), (1.0, 0.5)),
            interest=_FLUSH,
            volume_factor=6.0,
            spread_factor=8.0,
        ),
        Scenario(
            "slow-bleed",
            "drift by the magnitude over the duration in steps with pauses, and stay there",
            -0.15,
            43_200.0,
            price=((0.0, 0.0), (0.2, 0.25), (0.3, 0.22), (0.6, 0.65), (0.7, 0.6), (1.0, 1.0)),
            interest=((0.0, 0.0), (1.0, -0.3)),
            volume_factor=1.4,
            spread_factor=1.3,
        ),
        Scenario(
            "rally",
            "rise by the magnitude over the duration, with one pull-back, and stay there",
            0.15,
            21_600.0,
            price=((0.0, 0.0), (0.4, 0.5), (0.5, 0.4), (0.9, 1.05), (1.0, 1.0)),
            interest=((0.0, 0.0), (1.0, 0.8)),
            volume_factor=1.8,
            spread_factor=1.2,
        ),
        Scenario(
            "move",
            "push the price by the magnitude in a straight line over the duration, and leave it "
            "there; nothing else changes",
            -0.05,
            60.0,
            price=((0.0, 0.0), (1.0, 1.0)),
        ),
        Scenario(
            "funding-spike",
            "raise the premium over the index, and with it the funding rate, by the magnitude",
            0.003,
            57_600.0,
            premium=((0.0, 0.0), (0.02, 1.0), (0.9, 1.0), (1.0, 0.0)),
        ),
        Scenario(
            "flat",
            "hold the price; the magnitude is the share of its movement that remains",
            0.02,
            3600.0,
            damps=True,
            volume_factor=0.2,
            spread_factor=0.8,
        ),
        Scenario(
            OUTAGE,
            "answer every request with HTTP 503 and drop every socket for the duration",
            0.0,
            60.0,
        ),
    )
}


@dataclass(frozen=True)
class Event:
    """A scenario that has started. Times in epoch milliseconds, `symbols` None means all."""

    scenario: Scenario
    start_ms: int
    duration_ms: int
    magnitude: float
    symbols: frozenset[str] | None
    anchors: dict[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def end_ms(self) -> int:
        """The end of the active part; a price effect stays as it is then."""
        return self.start_ms + self.duration_ms

    def covers(self, symbol: str) -> bool:
        """Whether the event touches the contract."""
        return self.symbols is None or symbol in self.symbols

    def curve(self, knots: Knots, scale: float) -> tuple[Floats, Floats]:
        """Return knot instants in milliseconds and values."""
        times = np.array([self.start_ms + share * self.duration_ms for share, _ in knots])
        return times, np.array([value * scale for _, value in knots])

    @property
    def log_magnitude(self) -> float:
        """The price effect as a log return."""
        return math.log1p(self.magnitude)


def start_event(
    name: str,
    *,
    now_ms: int,
    symbols: Iterable[str] | None,
    known_symbols: Iterable[str],
    magnitude: float | None = None,
    duration_seconds: float | None = None,
) -> Event:
    """Check the options of a scenario and return it as an event that starts now.

    Raises `UsageError` for an unknown name or symbol and for a magnitude or duration
    out of range.
    """
    scenario = SCENARIOS.get(name)
    if scenario is None:
        raise UsageError(f'unknown scenario "{name}"; there are {", ".join(SCENARIOS)}')
    known = sorted(known_symbols)
    chosen = None if symbols is None else frozenset(symbols)
    unknown = sorted((chosen or frozenset()) - set(known))
    if unknown:
        raise UsageError(f"unknown symbol {', '.join(unknown)}; served are {', '.join(known)}")
    size = scenario.default_magnitude if magnitude is None else magnitude
    if not -0.95 <= size <= 5.0:
        raise UsageError(f"expected a magnitude between -0.95 and 5, found {size:g}")
    if scenario.damps and not 0.0 <= size <= 1.0:
        raise UsageError(f"{name} takes a magnitude between 0 and 1, found {size:g}")
    seconds = scenario.default_duration_seconds if duration_seconds is None else duration_seconds
    if not 1.0 <= seconds <= 90 * 86_400.0:
        raise UsageError(f"expected duration_seconds between 1 and 7776000, found {seconds:g}")
    return Event(scenario, now_ms, round(seconds * 1000), size, chosen)


class Overlay:
    """All events that have started, in order, as transformations of the market's paths."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def add(
        self, event: Event, symbols: Iterable[str], log_path: Callable[[str, Ints], Floats]
    ) -> None:
        """Start an event. `log_path` gives the log price without any scenario."""
        if event.scenario.damps:
            ends = np.array([event.start_ms, event.end_ms], dtype=np.int64)
            for symbol in symbols:
                if event.covers(symbol):
                    start, end = self.price(symbol, ends, log_path(symbol, ends)).tolist()
                    event.anchors[symbol] = (start, end)
        self.events.append(event)

    def touches(self, symbol: str, end_ms: int) -> bool:
        """Whether anything before `end_ms` differs from the market without scenarios."""
        return any(event.covers(symbol) and event.start_ms < end_ms for event in self.events)

    def price(self, symbol: str, times_ms: Ints | Floats, logs: Floats) -> Floats:
        """Return log prices at the instants with all events applied, shape as given."""
        for event in self.events:
            if not event.covers(symbol):
                continue
            if event.scenario.price:
                times, values = event.curve(event.scenario.price, event.log_magnitude)
                logs = logs + np.interp(times_ms, times, values, left=0.0)
            if event.scenario.damps:
                start, end = event.anchors[symbol]
                kept = event.magnitude
                inside = start + kept * (logs - start)
                after = logs - (1.0 - kept) * (end - start)
                logs = np.where(
                    times_ms < event.start_ms,
                    logs,
                    np.where(times_ms <= event.end_ms, inside, after),
                )
        return logs

    def knots_between(self, symbol: str, first_ms: int, last_ms: int) -> list[int]:
        """Return the instants strictly inside the span where the price path bends."""
        knots: set[int] = set()
        for event in self.events:
            if event.covers(symbol):
                times = event.curve(event.scenario.price, 1.0)[0].tolist()
                knots.update(round(time) for time in times)
                if event.scenario.damps:
                    knots.update((event.start_ms, event.end_ms))
        return sorted(time for time in knots if first_ms < time < last_ms)

    def premium(self, symbol: str, times_ms: Ints) -> Floats:
        """Return what the events add to the premium, as a fraction, shape as given."""
        return self._sum(symbol, times_ms, "premium")

    def log_interest(self, symbol: str, times_ms: Ints) -> Floats:
        """Return what the events add to the log of open interest, shape as given."""
        return self._sum(symbol, times_ms, "interest")

    def volume_factor(self, symbol: str, times_ms: Ints) -> Floats:
        """Return the factor on volume for spans that start at the instants, shape as given."""
        return self._factor(symbol, times_ms, "volume_factor")

    def spread_factor(self, symbol: str, time_ms: int) -> float:
        """Return the factor on the spread."""
        return float(self._factor(symbol, np.array([time_ms]), "spread_factor")[0])

    def outage_until_ms(self, now_ms: int) -> int | None:
        """Return the end of the outage that covers the instant, None without one."""
        ends = [
            event.end_ms
            for event in self.events
            if event.scenario.name == OUTAGE and event.start_ms <= now_ms < event.end_ms
        ]
        return max(ends, default=None)

    def _sum(self, symbol: str, times_ms: Ints, name: str) -> Floats:
        total = np.zeros(np.shape(times_ms))
        for event in self.events:
            knots: Knots = getattr(event.scenario, name)
            if knots and event.covers(symbol):
                scale = event.magnitude
                if name == "interest" and event.scenario.interest is _FLUSH:
                    scale = abs(scale)
                times, values = event.curve(knots, scale)
                total = total + np.interp(times_ms, times, values, left=0.0)
        return total

    def _factor(self, symbol: str, times_ms: Ints, name: str) -> Floats:
        product = np.ones(np.shape(times_ms))
        for event in self.events:
            if event.covers(symbol):
                active = (times_ms >= event.start_ms) & (times_ms < event.end_ms)
                product = np.where(active, product * getattr(event.scenario, name), product)
        return product
