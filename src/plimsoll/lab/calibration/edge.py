"""What can be foreseen in a made market, and how much that is worth to who knows it."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plimsoll.core import UsageError
from plimsoll.lab.calibration.hours import HOURS_A_DAY, HOURS_A_YEAR
from plimsoll.venue.market.factors import autoregress

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Edge:
    """A pair's next hour is expected to move with its past: by its trend, or against it.

    The past is the exponential mean of standardised hourly moves, scaled to a variance of 1. The
    expected move is ``hourly`` times that, in standard deviations of the hour.

    Attributes
    ----------
    sharpe
        Yearly Sharpe ratio of holding each hour, for nothing, in proportion to the expected move
        of one pair; above 0 trends go on, below 0 moves revert.
    memory_hours
        How long the expectation lasts: it fades by 1/e in that time.
    """

    sharpe: float
    memory_hours: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.sharpe) and self.memory_hours >= 1):
            raise UsageError(
                f"expected an edge with a Sharpe ratio and a memory of an hour or more, found "
                f"{self.sharpe} and {self.memory_hours}"
            )

    @property
    def hourly(self) -> float:
        """Information coefficient of the next hour: correlation of forecast and move."""
        return self.sharpe / math.sqrt(HOURS_A_YEAR)

    @property
    def decay(self) -> float:
        """Share of the expectation that is left after an hour."""
        return math.exp(-1.0 / self.memory_hours)

    @property
    def daily(self) -> float:
        """Information coefficient of the next day, to first order in it."""
        lasting = (1.0 - self.decay**HOURS_A_DAY) / (1.0 - self.decay)
        return self.hourly * lasting / math.sqrt(HOURS_A_DAY)


def moved(shocks: Floats, edge: Edge | None) -> tuple[Floats, Floats]:
    """Return standardised moves with an edge, and what of them was expected; pairs × hours.

    ``shocks`` are unforeseeable, of variance 1. The state u[t] = d·u[t−1] + √(1−d²)·shock[t] is
    known at the end of hour t; the move of hour t+1 is expected to be ``hourly`` · u[t]. Since
    shock = move − ``hourly`` · u[t−1], it is an exponential mean of moves that are all visible.
    """
    if edge is None:
        return shocks, np.zeros_like(shocks)
    state = math.sqrt(1.0 - edge.decay**2) * autoregress(shocks, edge.decay)
    expected = np.zeros_like(shocks)
    expected[:, 1:] = edge.hourly * state[:, :-1]
    return shocks + expected, expected
