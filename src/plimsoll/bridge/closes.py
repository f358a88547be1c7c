"""Closed candles of a backtest, as compact arrays that are read up to a moment."""

from array import array
from bisect import bisect_right
from datetime import datetime
from typing import NamedTuple

import numpy as np
import pandas as pd


class Window(NamedTuple):
    """The latest candles of a pair: open times in seconds since the epoch, and closes.

    ``returns`` are the log returns to each candle from the one before it, of which the first
    belongs to a candle outside; ``None`` where nobody keeps them.
    """

    opened_s: np.ndarray
    closes: np.ndarray
    returns: np.ndarray | None = None


class Candle(NamedTuple):
    """One closed candle: when it closed (seconds since the epoch), its price, its turnover."""

    closed_s: int
    close: float
    turnover_usd: float


class _Pair:
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
        self._pairs: dict[str, _Pair] = {}

    def add(self, pair: str, candles: pd.DataFrame) -> None:
        """Keep a pair's candles, in place of those it had."""
        self._pairs[pair] = _Pair(candles)

    def close(self, pair: str, now_s: float) -> tuple[int, float] | None:
        """Return when the newest candle closed, in seconds, and its close; ``None`` for none."""
        found = self._pairs.get(pair)
        if found is None:
            return None
        row = found.row_at(int(now_s) - self.candle_seconds)
        return None if row < 0 else (found.opened_s[row] + self.candle_seconds, found.close[row])

    def newest(self, pair: str, now_s: float) -> Candle | None:
        """Return the newest candle that is closed at ``now_s``; ``None`` when there is none."""
        found = self._pairs.get(pair)
        if found is None:
            return None
        row = found.row_at(int(now_s) - self.candle_seconds)
        if row < 0:
            return None
        close = found.close[row]
        return Candle(found.opened_s[row] + self.candle_seconds, close, close * found.volume[row])

    def window(self, pair: str, now: datetime, candles: int) -> Window | None:
        """Return the latest ``candles`` closed candles at a moment, fewer at the start."""
        found = self._pairs.get(pair)
        if found is None:
            return None
        row = found.row_at(int(now.timestamp()) - self.candle_seconds)
        first = max(0, row + 1 - candles)
        return Window(
            found.opened_view[first : row + 1],
            found.close_view[first : row + 1],
            found.returns[first : row + 1],
        )


def correlation(one: Window | None, other: Window | None, *, least_candles: int) -> float | None:
    """Return the correlation of the log returns of two pairs over their common candles.

    ``None`` with fewer common candles than ``least_candles``, or when a price did not move.
    """
    if one is None or other is None:
        return None
    if np.array_equal(one.opened_s, other.opened_s):
        count, returns, others = len(one.closes), log_returns(one), log_returns(other)
    else:
        _, mine, theirs = np.intersect1d(one.opened_s, other.opened_s, return_indices=True)
        count = len(mine)
        returns = log_returns(Window(one.opened_s[mine], one.closes[mine]))
        others = log_returns(Window(other.opened_s[theirs], other.closes[theirs]))
    if count < least_candles:
        return None
    # Pearson's r by three dot products: np.corrcoef takes four times as long.
    with np.errstate(invalid="ignore"):
        returns, others = returns - returns.mean(), others - others.mean()
        spread = float(np.sqrt(returns.dot(returns) * others.dot(others)))
    if not spread > 0:  # also when a price was not positive: its return is no number
        return None
    found = float(returns.dot(others)) / spread
    return max(-1.0, min(1.0, found)) if np.isfinite(found) else None


def log_returns(window: Window) -> np.ndarray:
    """Return the log returns between the candles of a window, one fewer than candles."""
    if window.returns is not None:
        return window.returns[1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.diff(np.log(window.closes))
