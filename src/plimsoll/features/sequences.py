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
    rows, width = columns.shape
    values = np.ascontiguousarray(columns.to_numpy("float64").T)
    opens = pd.DatetimeIndex(dates)
    block = np.empty((candles * width, rows))  # a column is one stretch of memory
    names: list[str] = []
    for ago in range(candles - 1, -1, -1):
        place = slice(len(names), len(names) + width)
        names += [f"{name}_shift-{ago}" if ago else str(name) for name in columns]
        back = max(rows - ago, 0)
        block[place, : rows - back] = np.nan
        block[place, rows - back :] = values[:, :back]
        if not (is_whole := opens[ago:] - opens[:back] == ago * span).all():
            block[place, rows - back :][:, ~is_whole] = np.nan
    return pd.DataFrame(block.T, columns.index, names, copy=False)
