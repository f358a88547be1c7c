"""When a position is worth changing: a buffer around its target."""

import pandas as pd

from plimsoll.core import Side


def worth_opening(
    side: Side, weights: pd.Series, full_sizes: pd.Series, *, buffer: float
) -> pd.Series:
    """Return where a flat pair is to be opened on a side: its target is beyond the buffer.

    NaN, zero and targets of less than ``buffer`` full sizes are False.
    """
    return (weights * side.sign > 0) & (weights.abs() >= buffer * full_sizes)


def worth_closing(side: Side, weights: pd.Series) -> pd.Series:
    """Return where a position of a side is to be closed: its target is zero or opposite."""
    return weights * side.sign <= 0


def change(*, current: float, target: float, tolerance: float) -> float | None:
    """Return the value to add to a position (negative: to take off), or ``None`` to leave it.

    Once the difference exceeds the tolerance it is traded all the way to the target. ``None`` too
    when a number is not finite, or when target and position differ in side: that is an exit.
    """
    if not abs(target - current) > tolerance or not target * current > 0:
        return None
    return target - current
