"""Values of features on the candle before a moment: where stops and targets are measured from."""

from array import array
from bisect import bisect_right
from datetime import datetime
from math import isfinite
from typing import Any

import numpy as np
import pandas as pd

Newest = tuple[pd.DataFrame, Any, dict[str, float | None]]
"""A frame, when its newest candle opened, and what its columns have said of that candle."""


class EntryValues:
    """What is known of a feature on the last candle that was closed at a moment.

    A running bot reads the frame that Freqtrade has analysed. A backtest knows the whole frame of
    a pair beforehand, and nothing after the moment is read of it.
    """

    def __init__(self) -> None:
        self._kept: dict[tuple[str, datetime, str], float] = {}
        self._newest: dict[str, Newest] = {}
        self._whole: dict[str, tuple[pd.DataFrame, array[int], dict[str, np.ndarray]]] = {}

    def learn(self, pair: str, candles: pd.DataFrame) -> None:
        """Take the whole frame of a pair, with its features, before it is traded on.

        What was found in another one is forgotten: a backtest may be of other candles.
        """
        self._kept = {key: value for key, value in self._kept.items() if key[0] != pair}
        opened = candles["date"].to_numpy(dtype="datetime64[s]").astype("int64")
        # A copy of the frame, not of its columns: what Freqtrade changes of its own stays there.
        self._whole[pair] = candles.copy(deep=False), array("q", opened.tobytes()), {}

    def knows(self, pair: str) -> bool:
        """Return whether the whole frame of a pair is known."""
        return pair in self._whole

    def kept(self, pair: str, moment: datetime, column: str) -> float | None:
        """Return a value that was found before for this very moment."""
        return self._kept.get((pair, moment, column))

    def keep(self, pair: str, moment: datetime, column: str, value: float | None) -> None:
        """Keep a value; one that is unknown may be known later, right after a restart."""
        if value is not None:
            self._kept[pair, moment, column] = value

    def of_whole(self, pair: str, last_open: datetime, column: str) -> float | None:
        """Return the value of the last candle opened at or before a time, in a backtest.

        Raises
        ------
        KeyError
            When the whole frame of the pair is not known.
        """
        candles, opened, columns = self._whole[pair]
        if column not in columns:
            if column not in candles.columns:
                return None
            columns[column] = candles[column].to_numpy(dtype="float64")
        row = bisect_right(opened, last_open.timestamp()) - 1
        return None if row < 0 else _usable(float(columns[column][row]))

    def of_analysed(
        self, pair: str, candles: pd.DataFrame, last_open: datetime, column: str
    ) -> float | None:
        """Return the same of the frame that Freqtrade has analysed."""
        known = self._newest.get(pair)
        if known is None or known[0] is not candles:
            newest = None if candles.empty else candles["date"].iloc[-1]
            known = self._newest[pair] = candles, newest, {}
        _, newest, values = known
        if newest is None or newest > last_open:
            return _on_candle(candles, last_open, column)
        if column not in values:  # nearly always the newest candle is the last one closed
            values[column] = _on_candle(candles, last_open, column)
        return values[column]


def _on_candle(candles: pd.DataFrame, last_open: datetime, column: str) -> float | None:
    if column not in candles.columns:
        return None
    row = int(candles["date"].searchsorted(pd.Timestamp(last_open), side="right")) - 1
    return None if row < 0 else _usable(float(candles[column].iloc[row]))


def _usable(value: float) -> float | None:
    return value if isfinite(value) and value > 0 else None
