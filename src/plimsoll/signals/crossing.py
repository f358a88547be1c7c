"""Momentum: two averages that have crossed, with the oscillator on their side."""

import pandas as pd

from plimsoll.core import Side


def momentum_aligned(*, side: Side, gap: pd.Series, strength: pd.Series, level: float) -> pd.Series:
    """Return where the fast average is beyond the slow one and the oscillator agrees.

    Parameters
    ----------
    side
        Long looks for a positive gap and a strength above ``level``, short for the mirror image.
    gap
        Fast average against the slow one, above zero in an upward trend.
    strength
        An oscillator from 0 to 100, such as the RSI.
    level
        From 0 to 100; a short needs a strength below ``100 - level``.

    Returns
    -------
    Boolean Series; False where an input is NaN.
    """
    return (gap * side.sign > 0) & ((strength - 50) * side.sign > level - 50)
