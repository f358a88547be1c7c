"""The latest candles of a pair, and what they say: returns, volatility, correlation."""

from dataclasses import dataclass
from functools import cached_property
from math import isfinite, sqrt

import numpy as np

SECONDS_PER_YEAR = 365 * 86400


@dataclass(eq=False)
class Window:
    """The latest candles of a pair: open times in seconds since the epoch, and closes.

    ``returns`` are the log returns to each candle from the one before it, of which the first
    belongs to a candle outside; ``None`` where nobody keeps them. What is worked out of a window
    is kept with it: its arrays must not be changed.
    """

    opened_s: np.ndarray
    closes: np.ndarray
    returns: np.ndarray | None = None

    @cached_property
    def opened(self) -> bytes:
        """The open times as one value: equal where two windows hold the same candles."""
        return self.opened_s.astype("int64", copy=False).tobytes()

    @cached_property
    def deviations(self) -> np.ndarray:
        """The log returns less their mean; NaN where a price was not positive."""
        returns = log_returns(self)
        with np.errstate(invalid="ignore"):
            return np.asarray(returns - returns.mean())

    @cached_property
    def squares(self) -> float:
        """The sum of the squared deviations."""
        return float(self.deviations.dot(self.deviations))

    @cached_property
    def volatility(self) -> float | None:
        """The standard deviation of the log returns, a year's worth; ``None`` when unknown."""
        opened, returns = self.opened_s, log_returns(self)
        step = float(min(opened[1] - opened[0], opened[-1] - opened[-2]))  # a hole is no candle
        if step <= 0:
            return None
        with np.errstate(invalid="ignore"):
            off = returns - returns.sum() / len(returns)  # its mean, in half the time of mean()
        yearly = sqrt(float(off.dot(off)) / (len(off) - 1)) * sqrt(SECONDS_PER_YEAR / step)
        return yearly if isfinite(yearly) else None


def correlation(one: Window | None, other: Window | None, *, least_candles: int) -> float | None:
    """Return the correlation of the log returns of two pairs over their common candles.

    ``None`` with fewer common candles than ``least_candles``, or when a price did not move.
    """
    if one is None or other is None:
        return None
    if one.opened != other.opened:
        _, mine, theirs = np.intersect1d(one.opened_s, other.opened_s, return_indices=True)
        one = Window(one.opened_s[mine], one.closes[mine])
        other = Window(other.opened_s[theirs], other.closes[theirs])
    if len(one.closes) < least_candles:
        return None
    # Pearson's r by one dot product a pair: np.corrcoef takes many times as long.
    spread = sqrt(one.squares * other.squares)
    if not spread > 0:  # also when a price was not positive: its return is no number
        return None
    pearson = float(one.deviations.dot(other.deviations)) / spread
    return max(-1.0, min(1.0, pearson)) if isfinite(pearson) else None


def log_returns(window: Window) -> np.ndarray:
    """Return the log returns between the candles of a window, one fewer than candles."""
    if window.returns is not None:
        return window.returns[1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.diff(np.log(window.closes))


def yearly_volatility(window: Window | None, *, least_candles: int) -> float | None:
    """Return the standard deviation of log returns, a year's worth; ``None`` when unknown.

    A price that did not move has none to size by, which is ``None`` as well.
    """
    deviation = volatility(window, least_candles=least_candles)
    return deviation if deviation is not None and deviation > 0 else None


def volatility(window: Window | None, *, least_candles: int) -> float | None:
    """Return the standard deviation of log returns, a year's worth, 0 for a price that stood still.

    ``None`` with fewer candles than ``least_candles``, or with a return that is no number.
    """
    if window is None or len(window.closes) < least_candles:
        return None
    return window.volatility
