"""From entries and exits to the side that is held."""

import numpy as np
import pandas as pd


def begins(mask: pd.Series) -> pd.Series:
    """Return where a condition holds and did not on the candle before."""
    return mask & ~mask.shift(1, fill_value=False)


def held_side(
    *,
    long_entry: pd.Series,
    short_entry: pd.Series,
    long_exit: pd.Series,
    short_exit: pd.Series,
) -> pd.Series:
    """Return +1, −1 or 0 after each candle: the position that the masks would hold, without stops.

    It begins at 0; an exit comes before an entry of the same candle, and an entry is taken only
    when nothing is held.
    """
    held = np.zeros(len(long_entry))
    side = 0
    masks = (long_entry, short_entry, long_exit, short_exit)
    rows = np.column_stack([mask.to_numpy(dtype=bool) for mask in masks])
    for row, (enter_long, enter_short, exit_long, exit_short) in enumerate(rows):
        if (side > 0 and exit_long) or (side < 0 and exit_short):
            side = 0
        if side == 0:
            side = int(enter_long) - int(enter_short)
        held[row] = side
    return pd.Series(held, index=long_entry.index)
