"""Made markets: volatility that clusters, fat tails, pairs that fall together, no drift.

Prices are a geometric Brownian motion on a random clock that runs by itself. Without an edge each
is a martingale, whatever its volatility does: neither side can expect anything, at any stop.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plimsoll.lab.calibration.edge import Edge, moved
from plimsoll.lab.calibration.hours import HOURS_A_YEAR, Hours
from plimsoll.venue.market.factors import HOUR_OF_DAY, WEEKEND, autoregress, stream

Floats = NDArray[np.floating[Any]]

TAIL_DEGREES = 5.0
"""Of Student's t: an hour's variance is the cluster's, times a draw that gives such tails."""
COMMON_MEMORIES = ((7.0, 0.36), (80.0, 0.26), (900.0, 0.30))
"""Memory in hours and standard deviation of the log volatility that all pairs share.

Three time scales give absolute returns their long memory (Corsi 2009, J. Financial Econometrics
7); the figures are those of the simulated exchange's market.
"""
OWN_MEMORIES = ((7.0, 0.20), (80.0, 0.15))
LEVERAGE = 0.12
"""How far a common fall of one standard deviation raises the fast log volatility."""
VOLUME = 1e4
MIDNIGHT_WEEKDAY = 2
"""Markets begin on a Wednesday, as 2020 did; Monday is 0."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How volatile each pair is, a fraction a year, and how much it moves with all."""

    volatilities: tuple[float, ...] = (0.55, 0.70, 0.85, 0.80)
    correlation: float = 0.65

    @classmethod
    def of(cls, pairs: int) -> "Shape":
        """Return the default of so many pairs; volatilities come in turn."""
        turn = cls().volatilities
        return cls(tuple(turn[place % len(turn)] for place in range(pairs)))


def synthetic_hours(seed: int, count: int, edge: Edge | None, shape: Shape | None = None) -> Hours:
    """Return the hours of a market; the same for the same seed, count, edge and shape.

    The edge takes no part in what is drawn: two markets of one seed differ by it alone.
    """
    shape = shape or Shape()
    pairs = len(shape.volatilities)
    common = stream(seed, "calibration-common").standard_normal(count)
    own = np.stack([_of(seed, "own", pair).standard_normal(count) for pair in range(pairs)])
    share = math.sqrt(shape.correlation)
    shocks = share * common + math.sqrt(1.0 - shape.correlation) * own
    deviations = _deviations(seed, count, common, shape)
    clock = _clock(seed, count)
    variances = deviations**2 * clock
    _, expected = moved(shocks, edge)
    moves = deviations * expected + np.sqrt(variances) * shocks - 0.5 * variances
    rises, falls = bridged(seed, moves, variances)
    volumes = VOLUME * np.sqrt(clock) * deviations / deviations.mean(axis=1, keepdims=True)
    return Hours(moves, rises, falls, volumes)


def bridged(seed: int, moves: Floats, variances: Floats) -> tuple[Floats, Floats]:
    """Return how far each hour rose above and fell below its open.

    The extreme of a Brownian bridge from 0 to x with variance v is (x ± √(x² − 2 v ln U)) / 2
    with U uniform (Karatzas & Shreve 1991, Brownian Motion and Stochastic Calculus, 2.8): a stop
    within an hour is met exactly as often as the path meets it.
    """
    lots = stream(seed, "calibration-bridge").random((2, *moves.shape))
    spread = np.sqrt(moves**2 - 2.0 * variances * np.log1p(-lots))
    rises = np.maximum(0.5 * (moves + spread[0]), np.maximum(moves, 0.0))
    falls = np.maximum(0.5 * (spread[1] - moves), np.maximum(-moves, 0.0))
    return rises, falls


def _deviations(seed: int, count: int, common: Floats, shape: Shape) -> Floats:
    """Return the standard deviation of each hour that is known before it, pairs × hours."""
    lot = stream(seed, "calibration-volatility")
    logs = sum((_memory(lot, count, *one) for one in COMMON_MEMORIES), np.zeros(count))
    before = np.concatenate([[0.0], common[:-1]])
    logs = logs + LEVERAGE * autoregress(-before, math.exp(-1.0 / 7.0)) / math.sqrt(3.5)
    hours = np.arange(count)
    weekend = (hours // 24 + MIDNIGHT_WEEKDAY) % 7 >= 5
    season = HOUR_OF_DAY[hours % 24] * np.where(weekend, WEEKEND, 1.0)
    season = season / np.sqrt(np.mean(season**2))
    spread = sum(deviation**2 for _, deviation in (*COMMON_MEMORIES, *OWN_MEMORIES)) + LEVERAGE**2
    rows = []
    for pair, volatility in enumerate(shape.volatilities):
        mine = _of(seed, "volatility", pair)
        own = sum((_memory(mine, count, *one) for one in OWN_MEMORIES), np.zeros(count))
        unit = volatility / math.sqrt(HOURS_A_YEAR)
        rows.append(unit * season * np.exp(logs + own - spread))
    return np.stack(rows)


def _clock(seed: int, count: int) -> Floats:
    """Return how fast each hour's clock runs, mean 1: all pairs have their wild hours at once."""
    lot = stream(seed, "calibration-clock")
    clock: Floats = (TAIL_DEGREES - 2.0) / lot.chisquare(TAIL_DEGREES, count)
    return clock


def _memory(lot: np.random.Generator, count: int, hours: float, deviation: float) -> Floats:
    """Return an AR(1) with a memory and a stationary standard deviation."""
    decay = math.exp(-1.0 / hours)
    shocks = math.sqrt(1.0 - decay**2) * lot.standard_normal(count)
    shocks[0] /= math.sqrt(1.0 - decay**2)
    smooth: Floats = deviation * autoregress(shocks, decay)
    return smooth


def _of(seed: int, purpose: str, pair: int) -> np.random.Generator:
    return stream(seed, f"calibration-{purpose}", str(pair))
