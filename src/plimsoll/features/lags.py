"""Features of the candles before, beside those of a candle: one block of memory for all columns."""

import numpy as np
import pandas as pd

from plimsoll.core import PlimsollError


def lag_name(column: str, lag: int) -> str:
    """Return the name of a column so many candles before."""
    return column if lag == 0 else f"{column}_lag_{lag}"


def lagged(features: pd.DataFrame, lags: int) -> pd.DataFrame:
    """Return the features with those of the ``lags`` candles before beside them.

    The columns are those of ``features``, then those one candle before, and so on
    (`lag_name`): ``(lags + 1) × columns`` of them, 32-bit as boosted trees and networks read
    them, and missing where no candle is so far back. A value that 32 bits cannot hold is missing.

    Raises
    ------
    PlimsollError
        For fewer than 0 lags.
    """
    if lags < 0:
        raise PlimsollError(f"expected 0 lags or more, found {lags}")
    rows, width = features.shape
    with np.errstate(over="ignore"):
        now = np.array(features.to_numpy().T, dtype="float32", order="C")
    now[~np.isfinite(now)] = np.nan
    block = np.empty((lags + 1, width, rows), dtype="float32")
    for lag in range(lags + 1):
        block[lag, :, :lag] = np.nan
        block[lag, :, lag:] = now[:, : max(rows - lag, 0)]
    names = [lag_name(str(name), lag) for lag in range(lags + 1) for name in features.columns]
    flat = block.reshape((lags + 1) * width, rows)
    return pd.DataFrame(flat.T, index=features.index, columns=names, copy=False)
