"""Days drawn anew in blocks, so that days that follow each other stay together."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plimsoll.performance.errors import MeasureError

Floats = NDArray[np.floating[Any]]

RESAMPLES = 2_000
SEED = 20_260_101
"""The draws are the same in every run, and the same for every account of equal length."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """Samples of a stationary bootstrap, a column each.

    ``days`` are the numbers of the days drawn, ``begins`` is true where a block begins. Both have
    a row a day and a column a sample.
    """

    days: NDArray[np.integer[Any]]
    begins: NDArray[np.bool_]

    def block_squares(self, values: Floats) -> Floats:
        """Return for each sample the sum of the squares of its blocks' sums.

        ``values`` has a row a day and a column a sample. Over days, it is the variance of a
        sample's mean (Götze & Künsch 1996, as Ledoit & Wolf 2008, eq. 7, use it).
        """
        flat = np.ravel(values, order="F")
        starts = np.flatnonzero(np.ravel(self.begins, order="F"))
        sums = np.add.reduceat(flat, starts)
        count, samples = self.days.shape
        squares = np.bincount(starts // count, weights=sums**2, minlength=samples)
        return squares.astype("float64")

    def weights(self) -> Floats:
        """Return how often each day is in each sample, a row a sample and a column a day."""
        count, samples = self.days.shape
        cells = self.days + count * np.arange(samples)
        times = np.bincount(np.ravel(cells), minlength=count * samples)
        return times.reshape(samples, count).astype("float64")


def stationary_draw(
    count: int, *, mean_block: float, resamples: int = RESAMPLES, seed: int = SEED
) -> Drawn:
    """Draw samples of ``count`` days by the stationary bootstrap (Politis & Romano 1994).

    A day follows the day before it, the first follows the last, or with probability
    ``1 / mean_block`` is drawn anew.

    Raises
    ------
    MeasureError
        For fewer than two days, or a mean block shorter than one day.
    """
    if count < 2 or mean_block < 1:
        raise MeasureError(
            f"resampling needs two returns and blocks of a day, found {count} and {mean_block}"
        )
    generator = np.random.default_rng(seed)
    begins = generator.random((count, resamples)) < 1 / mean_block
    begins[0] = True
    fresh = generator.integers(0, count, (count, resamples))
    rows = np.arange(count)[:, None]
    # A day's row and what was drawn for it in one number: the largest so far is the last begun.
    bits = count.bit_length()
    begun = np.bitwise_or(fresh, rows << bits, out=fresh)
    begun *= begins
    np.maximum.accumulate(begun, axis=0, out=begun)
    days = begun & ((1 << bits) - 1)
    days += np.subtract(rows, begun >> bits)
    np.subtract(days, count, out=days, where=days >= count)
    return Drawn(days, begins)


def automatic_block(values: Floats) -> float:
    """Return the mean block that suits a series, 1 day at least: longer where days are related.

    Politis & White (2004, Automatic Block-Length Selection for the Dependent Bootstrap,
    Econometric Reviews 23, section 3.2), as corrected by Patton, Politis & White (2009), for the
    stationary bootstrap; at most ``min(3 √T, T/3)``. NaN rule: none may come in.
    """
    centred = np.asarray(values, dtype="float64") - np.mean(values)
    count = len(centred)
    longest = math.ceil(min(3 * math.sqrt(count), count / 3))
    if not float(centred.std()) > 0 or count < 9:
        return 1.0
    run = max(5, int(math.log10(count)))
    most = math.ceil(math.sqrt(count)) + run
    covariances = np.array([centred[lag:] @ centred[: count - lag] for lag in range(most + 1)])
    covariances /= count
    reach = min(2 * _related_lags(np.abs(covariances / covariances[0]), count, run), most)
    lags = np.arange(1, reach + 1)
    taper = np.minimum(1.0, 2 * (1 - lags / reach))
    slope = 2 * float((taper * lags) @ covariances[1 : reach + 1])
    spectrum = float(covariances[0] + 2 * taper @ covariances[1 : reach + 1])
    if not abs(spectrum) > 0:
        return 1.0
    best = (slope**2 / spectrum**2 * count) ** (1 / 3)
    return float(min(max(best, 1.0), max(longest, 1)))


def _related_lags(correlations: Floats, count: int, run: int) -> int:
    """Return the first of ``run`` unrelated lags in a row, as in the code of Patton (2009)."""
    unrelated = correlations < 2 * math.sqrt(math.log10(count) / count)
    for lag in range(1, len(correlations) - run + 1):
        if unrelated[lag : lag + run].all():
            return lag
    return len(correlations)
