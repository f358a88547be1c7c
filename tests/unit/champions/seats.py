"""Seats, versions and candles as the tests of champion and challenger make them."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import numpy as np

from plimsoll.champions.events import CandleClosed, Event, Started, Trained
from plimsoll.champions.policy import ChampionPolicy
from plimsoll.champions.seat import Outcome, Seat, Track, Version
from plimsoll.champions.transition import apply, replay

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SECONDS = 3600
COST = 0.001
POLICY = ChampionPolicy(enabled=True, trial_outcomes=60)


def version(name: str, *, seen_until: datetime = NOON) -> Version:
    return Version(name, f"hash of {name}", seen_until - timedelta(days=30), seen_until, seen_until)


def candle(
    at: datetime, positions: Mapping[str, int | None], close: float | None = 100.0
) -> CandleClosed:
    """A candle of an hour that closed at ``at``."""
    return CandleClosed(at, at - HOUR, SECONDS, close, positions, COST)


def seated(*names: str) -> Seat:
    """A seat whose versions were trained one after the other: champion, challenger, waiting."""
    events: list[Event] = [Started(NOON), *(Trained(NOON, version(name)) for name in names)]
    return replay(events)


def walked(
    seat: Seat, positions: Mapping[str, int | None], closes: list[float | None], *, since: datetime
) -> Seat:
    """The seat after candles that close from ``since`` on."""
    for number, close in enumerate(closes):
        seat = apply(seat, candle(since + number * HOUR, positions, close))
    return seat


def track(own: np.ndarray, other: np.ndarray, *, missing: int = 0) -> Track:
    rows = zip(own, other, strict=True)
    return Track(
        tuple(Outcome(NOON + n * HOUR, float(a), float(b)) for n, (a, b) in enumerate(rows)),
        missing,
    )
