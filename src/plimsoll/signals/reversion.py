"""Back to the mean: of the price within its band, and of the perpetual's premium over spot."""

import pandas as pd

from plimsoll.core import Side


def stretched(
    *, side: Side, deviations: pd.Series, strength: pd.Series, least: float, max_strength: float
) -> pd.Series:
    """Return where the price is ``least`` deviations beyond its mean and no trend is under way.

    Long is below the mean. NaN in any input is False.
    """
    return (deviations * side.sign < -least) & (strength < max_strength)


def reverted(*, side: Side, deviations: pd.Series) -> pd.Series:
    """Return where a position of a side has come back to the mean; NaN is False."""
    return deviations * side.sign >= 0


def smoothed_deviations(values: pd.Series, *, smooth: int, window: int) -> pd.Series:
    """Return the mean of the latest ``smooth`` values from its own mean, in its own deviations.

    Mean and sample deviation are of the latest ``window`` smoothed values, the present one among
    them. NaN with fewer than three quarters of ``smooth`` or two thirds of ``window``, and while
    nothing moves.
    """
    level = values.rolling(smooth, min_periods=max(1, smooth * 3 // 4)).mean()
    past = level.rolling(window, min_periods=window * 2 // 3)
    spread = past.std()
    return (level - past.mean()) / spread.where(spread > 0)
