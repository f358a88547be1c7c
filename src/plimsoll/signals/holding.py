"""Where a condition begins."""

import pandas as pd


def begins(mask: pd.Series) -> pd.Series:
    """Return where a condition holds and did not on the candle before."""
    return mask & ~mask.shift(1, fill_value=False)
