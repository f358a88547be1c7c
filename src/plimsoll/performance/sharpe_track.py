"""How a Sharpe ratio and its interval grow with the track record."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plimsoll.performance.errors import MeasureError
from plimsoll.performance.measures import DAYS_PER_YEAR
from plimsoll.performance.sharpe_interval import sharpe_interval

LEAST_DAYS = 60
POINTS = 40
RESAMPLES = 500


@dataclass(frozen=True, slots=True)
class TrackPoint:
    """A year's Sharpe ratio of the first days, and its interval."""

    days: int
    sharpe: float
    low: float
    high: float


def sharpe_track(
    returns: NDArray[np.floating[Any]], *, points: int = POINTS, resamples: int = RESAMPLES
) -> list[TrackPoint]:
    """Return the ratio of ever more of the daily returns, from `LEAST_DAYS` to all of them.

    Raises
    ------
    MeasureError
        For fewer days than `LEAST_DAYS`, or returns as `sharpe_interval` refuses them.
    """
    if len(returns) < LEAST_DAYS:
        raise MeasureError(f"a track needs {LEAST_DAYS} days, found {len(returns)}")
    year = float(np.sqrt(DAYS_PER_YEAR))
    lengths = np.unique(np.linspace(LEAST_DAYS, len(returns), points).round().astype(int))
    track = []
    for days in lengths.tolist():
        known = sharpe_interval(returns[:days], resamples=resamples)
        track.append(TrackPoint(days, known.value * year, known.low * year, known.high * year))
    return track
