"""Series that are the same on every machine, and noise with known properties."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def scattered(count: int, factor: int = 7919) -> Floats:
    """Return numbers between -0.5 and 0.5 that look drawn, by whole-number arithmetic."""
    row = np.arange(1, count + 1, dtype="int64")
    return ((row * row * factor) % 10_007) / 10_007 - 0.5


def related(count: int, share: float, factor: int = 7919) -> Floats:
    """Return such numbers, each with a share of the one before it."""
    return carried(scattered(count, factor)[:, None], share)[:, 0]


def carried(shocks: Floats, share: float) -> Floats:
    """Return the first-order autoregression of the shocks, down the columns."""
    values = np.array(shocks)
    for row in range(1, len(values)):
        values[row] += share * values[row - 1]
    return values


def noise(seed: int, shape: tuple[int, int], *, share: float = 0.0, freedom: int = 0) -> Floats:
    """Return stationary columns of variance 1: Student's t where ``freedom`` is not 0."""
    generator = np.random.default_rng(seed)
    size = (shape[0] + 50, shape[1])
    if freedom:
        shocks = generator.standard_t(freedom, size) / np.sqrt(freedom / (freedom - 2))
    else:
        shocks = generator.normal(size=size)
    return carried(shocks, share)[50:] * np.sqrt(1 - share**2)
