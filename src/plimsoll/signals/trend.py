"""Trend rules."""

import numpy as np
import pandas as pd

from plimsoll.core import Side


def trend_aligned(
    *, side: Side, gap: pd.Series, slope: pd.Series, strength: pd.Series, min_strength: float
) -> pd.Series:
    """Return where both averages and the strength of the trend are on a side; NaN is False."""
    return pd.Series(
        (gap.to_numpy() * side.sign > 0)
        & (slope.to_numpy() * side.sign > 0)
        & (strength.to_numpy() >= min_strength),
        index=gap.index,
    )


def trend_with_regime(
    *,
    side: Side,
    gap: pd.Series,
    slope: pd.Series,
    strength: pd.Series,
    atr_fraction: pd.Series,
    min_strength: float,
    min_atr_fraction: float,
) -> pd.Series:
    """Return where a trend begins that has the regime on its side.

    True on the first candle at which the fast average is beyond the slow one (``gap``), the
    slow one moves that way too (``slope``), the trend is strong enough (``strength``) and the
    candles are large enough to pay for a trade (``atr_fraction``). NaN in any input is False.

    Returns
    -------
    Boolean Series on the inputs' index.
    """
    aligned = trend_aligned(
        side=side, gap=gap, slope=slope, strength=strength, min_strength=min_strength
    ).to_numpy()
    begins = aligned & ~np.concatenate([[True], aligned[:-1]])[: len(aligned)]
    return pd.Series(begins & (atr_fraction.to_numpy() >= min_atr_fraction), index=gap.index)


def trend_ended(*, side: Side, gap: pd.Series) -> pd.Series:
    """Return where the fast average has crossed back; NaN is False."""
    return gap * side.sign < 0
