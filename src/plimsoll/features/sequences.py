"""What columns were on the candles before, beside what they are: rows for models of sequences."""

import numpy as np
import pandas as pd

from plimsoll.core import PlimsollError


def with_past(
    columns: pd.DataFrame, dates: pd.Series, *, candles: int, span: pd.Timedelta
) -> pd.DataFrame:
    """Return the columns of each candle and of those before it, the oldest first.

    ``columns`` are rows × features; what is returned is rows × (``candles`` × features): first all
    features ``candles`` − 1 candles ago, named ``NAME_shift-23`` and so on, last those of the row
    itself under their own names. Nothing of it depends on a later row.

    NaN where the row so far back is not the candle so far back: before the first row, and across
    a hole in ``dates`` (the opens of the candles, one a row, ``span`` apart where none is missing).

    Raises
    ------
    PlimsollError
        For less than one candle.
    """
    if candles < 1:
        raise PlimsollError(f"expected a window of 1 candle or more, found {candles}")
    if candles == 1:
        return columns
    values, width = columns.to_numpy("float64"), columns.shape[1]
    opens = pd.DatetimeIndex(dates)
    block = np.full((len(columns), candles * width), np.nan)
    names: list[str] = []
    for ago in range(candles - 1, -1, -1):
        place = slice(len(names), len(names) + width)
        names += [f"{name}_shift-{ago}" if ago else str(name) for name in columns]
        if ago < len(columns):
            back = len(columns) - ago
            is_whole = opens[ago:] - opens[:back] == ago * span
            block[ago:, place] = np.where(is_whole[:, None], values[:back], np.nan)
    return pd.DataFrame(block, columns.index, names, copy=False)
