"""What is measured: which strategy on which markets, and how each of them is walked."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import pandas as pd

from plimsoll.core import UsageError
from plimsoll.lab.calibration.edge import Edge
from plimsoll.performance.windows import DAY, Span, WalkWindow, walk_windows

FIRST = pd.Timestamp("2020-01-01", tz="UTC")
"""Where made markets begin; a Wednesday."""
HOUR = pd.Timedelta(hours=1)
LEAST_TRAIN_DAYS = 30


class Source(StrEnum):
    """What a market is made of."""

    SYNTHETIC = "synthetic"
    REAL_WEEKS = "real weeks"


@dataclass(frozen=True, slots=True)
class Cut:
    """How each market is walked: windows that roll, days that train and test in each."""

    windows: int = 3
    train_days: int = 548
    test_days: int = 487

    def __post_init__(self) -> None:
        if self.windows < 1 or self.train_days < LEAST_TRAIN_DAYS or self.test_days < 1:
            raise UsageError(
                f"expected a window or more, with {LEAST_TRAIN_DAYS} days or more to train and one "
                f"or more to test, found {self.windows}, {self.train_days} and {self.test_days}"
            )

    def laid(self, warm_up: pd.Timedelta) -> tuple[WalkWindow, ...]:
        """Return the windows of a market, the first as soon as a strategy is warm."""
        start = FIRST + warm_up
        end = start + DAY * (self.train_days + self.windows * self.test_days)
        return walk_windows(
            Span(start, end), train=DAY * self.train_days, test=DAY * self.test_days
        )

    def hours(self, warm_up: pd.Timedelta) -> int:
        """Return how many hours a market has."""
        return int((self.laid(warm_up)[-1].test.end - FIRST) / HOUR)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One strategy on ``markets`` markets of one kind; without an edge, or with one.

    ``free`` is trading without costs: without an edge the true Sharpe ratio is 0 then, and the
    gate is nowhere nearer to being wrong.
    """

    strategy: str
    source: Source
    edge: Edge | None
    markets: int
    free: bool = False

    @property
    def walker(self) -> str:
        """Return the name of what walks it: the strategy, with costs or without."""
        return f"{self.strategy} for nothing" if self.free else self.strategy

    @property
    def name(self) -> str:
        """Return what tells it from the others."""
        told = "none" if self.edge is None else f"{self.edge.sharpe:g} {self.edge.memory_hours:g}h"
        return f"{self.walker}, {self.source.value}, edge {told}"

    def seed(self, seed: int, number: int) -> int:
        """Return the seed of a market.

        No two strategies share one; the same number with another edge, or without costs, has the
        same shocks.
        """
        told = f"{seed}/{self.strategy}/{self.source.value}/{number}"
        return int.from_bytes(hashlib.sha256(told.encode()).digest()[:8])


@dataclass(frozen=True, slots=True)
class Task:
    """One market of a scenario."""

    scenario: Scenario
    number: int

    @property
    def name(self) -> str:
        """Return what tells it from the others."""
        return f"{self.scenario.name}, market {self.number}"


def in_turn(scenarios: Sequence[Scenario]) -> list[Task]:
    """Return all tasks, so that every scenario is about as far as the others at any time."""
    tasks = [Task(one, number) for one in scenarios for number in range(one.markets)]
    return sorted(tasks, key=lambda one: (one.number + 0.5) / one.scenario.markets)


def as_record(scenario: Scenario) -> dict[str, Any]:
    """Return a scenario as plain values, without how many markets it has."""
    told = asdict(scenario)
    told.pop("markets")
    if scenario.edge is not None and math.isfinite(scenario.edge.daily):
        told["edge"]["daily_information_coefficient"] = round(scenario.edge.daily, 4)
    return told
