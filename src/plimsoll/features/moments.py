"""Rolling skewness and kurtosis in one pass."""

import numpy as np

from plimsoll.features.candles import Floats
from plimsoll.features.kernels import kernel

WORN = 0.02
"""Share of its largest since the last fresh start below which a sum of powers is taken anew."""

DRIFTED = 0.1
"""Share of the variance above which the squared distance of mean and anchor is too large."""


@kernel
def _anchor_of(part: Floats) -> tuple[float, int]:
    """Return the mean of the finite values, measured from one of them, and how many are none."""
    base, bad, total = 0.0, 0, 0.0
    for value in part:
        if value - value == 0.0:
            base = value
    for value in part:
        if value - value == 0.0:
            total += value - base
        else:
            bad += 1
    return base + total / len(part), bad


@kernel
def _sums(part: Floats, anchor: float) -> tuple[float, float, float, float]:
    """Return the sums of the first four powers of the finite values' distances from the anchor."""
    s1, s2, s3, s4 = 0.0, 0.0, 0.0, 0.0
    for value in part:
        gap = value - anchor
        if gap - gap == 0.0:
            square = gap * gap
            s1, s2, s3, s4 = s1 + gap, s2 + square, s3 + square * gap, s4 + square * square
    return s1, s2, s3, s4


@kernel
def rolling_skew_kurtosis(values: Floats, window: int) -> tuple[Floats, Floats]:
    """Skewness and excess kurtosis (population moments) of the last ``window`` values.

    Running sums of powers, measured from the mean of a window. They are taken anew from the whole
    window after its length, and before that where a large value has left it or where the mean has
    moved away: nothing of what has left remains, to rounding. NaN in a flat window.
    """
    count = len(values)
    skew, kurtosis = np.full(count, np.nan), np.full(count, np.nan)
    anchor, s1, s2, s3, s4 = 0.0, 0.0, 0.0, 0.0, 0.0
    peak2, peak4, bad, left = 0.0, 0.0, 0, 0
    for row in range(window - 1, count):
        if left > 0:
            gap, gone = values[row] - anchor, values[row - window] - anchor
            if gap - gap == 0.0:
                square = gap * gap
                s1, s2, s3, s4 = s1 + gap, s2 + square, s3 + square * gap, s4 + square * square
            else:
                bad += 1
            if gone - gone == 0.0:
                square = gone * gone
                s1, s2, s3, s4 = s1 - gone, s2 - square, s3 - square * gone, s4 - square * square
            else:
                bad -= 1
            peak2, peak4 = max(peak2, s2), max(peak4, s4)
            worn = s2 < WORN * peak2 or s4 < WORN * peak4 or s1 * s1 > DRIFTED * s2 * window
        if left == 0 or (worn and bad == 0):
            part = values[row - window + 1 : row + 1]
            anchor, bad = _anchor_of(part)
            s1, s2, s3, s4 = _sums(part, anchor)
            peak2, peak4, left = s2, s4, window
        left -= 1
        mean, variance = s1 / window, s2 / window - (s1 / window) ** 2
        if bad == 0 and variance > 0.0:
            third = s3 / window - mean * (3 * s2 / window - 2 * mean * mean)
            inner = 6 * s2 / window - 3 * mean * mean
            fourth = s4 / window - mean * (4 * s3 / window - mean * inner)
            skew[row] = third / (variance * np.sqrt(variance))
            kurtosis[row] = fourth / (variance * variance) - 3.0
    return skew, kurtosis
