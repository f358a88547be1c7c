"""Rows of a frame by their time, looked up one at a time: what a plan reads of its targets."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray


class Rows:
    """The rows of a frame, times × pairs, as plain values.

    Parameters
    ----------
    frame
        With an ascending index of UTC times, each once; what is changed in it later is not seen.
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        self._pairs = frame.columns.tolist()
        self._columns = {pair: column for column, pair in enumerate(self._pairs)}
        self._values = frame.to_numpy("float64")
        self._times = pd.DatetimeIndex(frame.index).as_unit("ns").asi8
        self._rows = {at: row for row, at in enumerate(self._times.tolist())}

    def __contains__(self, moment: Any) -> bool:
        return nanoseconds(moment) in self._rows

    def at(self, moment: Any) -> dict[str, float]:
        """Return the values of a time by pair; none when the frame lacks the time."""
        row = self._rows.get(nanoseconds(moment))
        if row is None:
            return {}
        return dict(zip(self._pairs, self._values[row].tolist(), strict=True))

    def of(self, moments: "pd.Series[pd.Timestamp]", pair: str) -> NDArray[np.float64]:
        """Return a pair's values of many times; NaN where the frame lacks the time or the pair."""
        if not len(self._times) or pair not in self._columns:
            return np.full(len(moments), np.nan)
        at = pd.DatetimeIndex(moments).as_unit("ns").asi8
        rows = np.minimum(self._times.searchsorted(at), len(self._times) - 1)
        return np.where(self._times[rows] == at, self._values[rows, self._columns[pair]], np.nan)

    def value(self, moment: Any, pair: str) -> float:
        """Return one value.

        Raises
        ------
        KeyError
            When the frame lacks the time or the pair.
        """
        return float(self._values[self._rows[nanoseconds(moment)], self._columns[pair]])


def nanoseconds(moment: Any) -> int:
    """Return how long after 1970 a moment of UTC is, as ``pd.Timestamp(moment).value``."""
    known: int = moment.value if isinstance(moment, pd.Timestamp) else pd.Timestamp(moment).value
    return known


def floored(moment: Any, span: pd.Timedelta) -> pd.Timestamp:
    """Return the last multiple of a span since 1970 at or before a moment, in UTC.

    It is ``pd.Timestamp(moment).floor(span)``, sooner.
    """
    at = nanoseconds(moment)
    return pd.Timestamp(at - at % span.value, tz="UTC")
