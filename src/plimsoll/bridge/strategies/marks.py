"""Mark candles in a frame, column by column: pandas is slow where it sets two columns at once."""

import numpy as np
import pandas as pd


def mark(frame: pd.DataFrame, mask: "pd.Series[bool]", column: str, tag: tuple[str, str]) -> None:
    """Set 1 in a column, and a text in another, where a mask is true; in place.

    It is ``frame.loc[mask, [column, tag[0]]] = (1, tag[1])`` to the bit: a column that was not
    there has NaN elsewhere, one that was there keeps its values and its type.

    Parameters
    ----------
    frame, mask, column
        What is marked, where (boolean, on the frame's index), and in which column.
    tag
        The column of the text, and the text.
    """
    name, text = tag
    texts = frame[name] if name in frame.columns else None
    if column in frame.columns or texts is None or not isinstance(texts.dtype, pd.StringDtype):
        frame.loc[mask, [column, name]] = (1, text)
        return
    rows = mask.to_numpy()
    frame[column] = np.where(rows, 1.0, np.nan)
    if rows.any():
        marked = texts.array.copy()
        marked[rows] = text
        frame[name] = marked
