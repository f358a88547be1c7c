"""Closed candles of a backtest, as compact arrays that are read up to a moment."""

from array import array
from bisect import bisect_right
from datetime import datetime
from typing import NamedTuple

import numpy as np
import pandas as pd

from plimsoll.candles.windows import Window


class Candle(NamedTuple):
    """One closed candle: when it closed (seconds since the epoch), its price, its turnover."""

    closed_s: int
    close: float
    turnover_usd: float


class Series:
    """The candles of one pair, and the row that was read last."""

    def __init__(self, candles: pd.DataFrame) -> None:
        opened = candles["date"].to_numpy(dtype="datetime64[s]").astype("int64")
        self.opened_s = array("q", opened.tobytes())
        self.close = array("d", candles["close"].to_numpy(dtype="float64").tobytes())
        self.volume = array("d", candles["volume"].to_numpy(dtype="float64").tobytes())
        # One number is read from an array, which is faster; a window is a slice of its view.
        self.opened_view = np.frombuffer(self.opened_s, dtype="int64")
        self.close_view = np.frombuffer(self.close, dtype="float64")
        self._returns: np.ndarray | None = None
        self.row = -1

    @property
    def returns(self) -> np.ndarray:
        """Log returns of all candles, the first one NaN; computed when first asked for."""
        if self._returns is None:
            with np.errstate(divide="ignore", invalid="ignore"):
                logs = np.log(self.close_view)
            self._returns = np.diff(logs, prepend=np.nan)
        return self._returns

    def row_at(self, newest_open_s: int) -> int:
        """Return the last row opened at or before a time; -1 when there is none."""
        row, opened = self.row, self.opened_s
        if row + 1 < len(opened) and opened[row + 1] == newest_open_s:
            self.row = row + 1  # nearly always: a backtest goes from candle to candle
        elif row < 0 or opened[row] != newest_open_s:
            self.row = bisect_right(opened, newest_open_s) - 1
        return self.row


class Closes:
    """What is known of each pair at a moment: nothing later is read.

    It is filled with whole frames (``date, close, volume``, ascending) before a backtest runs.
    """

    def __init__(self, candle_seconds: int) -> None:
        self.candle_seconds = candle_seconds
        self._pairs: dict[str, Series] = {}

    def add(self, pair: str, candles: pd.DataFrame) -> None:
        """Keep a pair's candles, in place of those it had."""
        self._pairs[pair] = Series(candles)

    def series(self, pair: str) -> Series | None:
        """Return the candles of a pair; ``None`` when there are none."""
        return self._pairs.get(pair)

    def close(self, pair: str, now_s: float) -> tuple[int, float] | None:
        """Return when the newest candle closed, in seconds, and its close; ``None`` for none."""
        series = self._pairs.get(pair)
        if series is None:
            return None
        row = series.row_at(int(now_s) - self.candle_seconds)
        return None if row < 0 else (series.opened_s[row] + self.candle_seconds, series.close[row])

    def newest(self, pair: str, now_s: float) -> Candle | None:
        """Return the newest candle that is closed at ``now_s``; ``None`` when there is none."""
        series = self._pairs.get(pair)
        if series is None:
            return None
        row = series.row_at(int(now_s) - self.candle_seconds)
        if row < 0:
            return None
        close = series.close[row]
        return Candle(series.opened_s[row] + self.candle_seconds, close, close * series.volume[row])

    def window(self, pair: str, now: datetime, candles: int) -> Window | None:
        """Return the latest ``candles`` closed candles at a moment, fewer at the start."""
        series = self._pairs.get(pair)
        if series is None:
            return None
        row = series.row_at(int(now.timestamp()) - self.candle_seconds)
        first = max(0, row + 1 - candles)
        return Window(
            series.opened_view[first : row + 1],
            series.close_view[first : row + 1],
            series.returns[first : row + 1],
        )
