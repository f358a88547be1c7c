"""What a strategy of single trades would hold: its rule, with its stops, on its own candles.

An ensemble trades the sum of several strategies. Each keeps its own entries, exits and stops, as if
it had an account of its own; only the orders are netted. This is that account, without money: fills
at the next open, stops inside a candle, as in a Freqtrade backtest.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import pandas as pd

from plimsoll.core import Side
from plimsoll.features import Candles, FeatureUse


class EventRule(Protocol):
    """A rule of single trades, without a target."""

    @property
    def cooldown_candles(self) -> int:
        """Candles of a pause after a trade; 0 for none."""

    def features(self) -> Sequence[FeatureUse]:
        """Return what it looks at."""

    def entry(self, candles: pd.DataFrame, side: Side) -> pd.Series:
        """Return where a side is to be entered."""

    def leave(self, candles: pd.DataFrame, side: Side) -> pd.Series:
        """Return where a side is to be left."""

    def stop(self) -> tuple[FeatureUse, float]:
        """Return the distance of the stop: a feature in price units, and a multiple."""


def without_holes(
    candles: pd.DataFrame, span: pd.Timedelta, *, last: pd.Timestamp | None = None
) -> pd.DataFrame:
    """Return candles on a grid, as strategies see them: a missing one stands at the last close.

    The grid ends with ``last``, by default the last candle: whether a pair comes back after a hole
    is not known inside of it.
    """
    if candles.empty:
        return candles
    end = candles.index[-1] if last is None else last
    grid = candles.reindex(pd.date_range(candles.index[0], end, freq=span))
    close = grid["close"].ffill()
    prices = {name: grid[name].fillna(close) for name in ("open", "high", "low")}
    return grid.assign(**prices, close=close, volume=grid["volume"].fillna(0.0))


def sleeve_weights(
    candles: pd.DataFrame,
    sizes: pd.Series,
    rule: EventRule,
    *,
    widest_fraction: float,
    allowed: "pd.Series[bool] | None" = None,
) -> pd.DataFrame:
    """Return what the rule holds of a pair after each candle, and the weight of it.

    A position is opened at the size of its entry and never resized: its weight moves with the
    price. What is decided on a candle is held from the next open on; a stop is struck inside of a
    candle, the entry's own included, and an exit signal at the open comes before it. Nothing is
    entered where the size is not known, nor within the pause after a trade.

    Parameters
    ----------
    candles
        Open, high, low, close and volume of one pair on a grid without holes (`without_holes`).
    sizes
        Fraction of equity of a position opened after each candle; NaN for none.
    rule
        Entries, exits and the stop.
    widest_fraction
        The stop is never farther from the entry than this fraction of its price.
    allowed
        Candles after which a position may be held; else it is left. All by default.

    Returns
    -------
    ``side`` (+1, −1 or 0) and ``weight`` (signed), a row a candle. A row depends on no later one.
    """
    shared = Candles(candles)
    known = candles.assign(**{use.column: use(shared) for use in rule.features()})
    feature, multiple = rule.stop()
    distances = (known[feature.column] * multiple).to_numpy("float64")
    entered, left = _decisions(known, sizes, rule, distances)
    if allowed is not None:
        is_barred = ~allowed.to_numpy(dtype=bool)
        left[is_barred], entered[is_barred] = True, 0
    opens, highs, lows, closes = (
        candles[name].to_numpy("float64") for name in ("open", "high", "low", "close")
    )
    planned = sizes.to_numpy("float64")
    pause = rule.cooldown_candles + 1 if rule.cooldown_candles else 0
    sides, weights = np.zeros(len(candles)), np.zeros(len(candles))
    side, size, entry, stop, free = 0, 0.0, 0.0, 0.0, 0
    for row in range(len(candles)):
        if side and not entry:
            entry = opens[row]
            stop = entry - side * min(distances[row - 1], widest_fraction * entry)
        if side and (lows[row] <= stop if side > 0 else highs[row] >= stop):
            side, free = 0, row + pause
        elif side and left[row, side]:
            side, free = 0, row + 1 + pause
        if not side and row + 1 >= free and entered[row]:
            side, size, entry = int(entered[row]), planned[row], 0.0
        sides[row] = side
        weights[row] = side * size * (closes[row] / entry if entry else 1.0)
    return pd.DataFrame({"side": sides, "weight": weights}, index=candles.index)


def _decisions(
    known: pd.DataFrame, sizes: pd.Series, rule: EventRule, distances: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the side that each candle enters (0 for none), and by side where it leaves.

    As Freqtrade reads signals: an entry on the candle of an exit of its own side, or of an entry
    of the other, is none; nor is an exit on that of an entry of its own side.
    """
    able = (sizes > 0).to_numpy() & np.isfinite(distances) & (distances > 0)
    entered = np.zeros(len(known), dtype=int)
    left = np.zeros((len(known), 3), dtype=bool)
    wanted = {side: rule.entry(known, side).to_numpy(dtype=bool) for side in Side}
    for side, other in ((Side.LONG, Side.SHORT), (Side.SHORT, Side.LONG)):
        leave = rule.leave(known, side).to_numpy(dtype=bool)
        left[:, side.sign] = leave & ~wanted[side]
        entered[wanted[side] & ~leave & ~wanted[other] & able] = side.sign
    return entered, left
