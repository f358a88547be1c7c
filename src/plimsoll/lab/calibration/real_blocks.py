"""Markets made of weeks of the real one: its volatility, tails and links, its directions by coin.

Weeks are drawn in blocks, the same for all pairs, and every hour is turned over or not by a coin
that all pairs share. So each price is a martingale by construction: nothing that the real market
may have had to foresee is left, and all else is as it was.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from plimsoll.core import UsageError
from plimsoll.lab.calibration.hours import Hours
from plimsoll.venue.market.factors import stream

Floats = NDArray[np.floating[Any]]

WEEK = 7 * 24
MEAN_BLOCK_WEEKS = 2.0
LEAST_WEEKS = 52
HOUR = pd.Timedelta(hours=1)


def real_hours(candles: Mapping[str, pd.DataFrame]) -> Hours:
    """Return the hours that all pairs have, whole weeks from the first Wednesday on.

    ``candles`` are hourly, in Freqtrade's columns. An hour begins at the close before it.

    Raises
    ------
    UsageError
        When they have a hole, or fewer than 52 weeks in common.
    """
    frames = {pair: frame.set_index("date") for pair, frame in candles.items()}
    first = max(frame.index[0] for frame in frames.values()) + HOUR
    last = min(frame.index[-1] for frame in frames.values())
    begin = first.ceil("D")
    begin += pd.Timedelta(days=(2 - begin.weekday()) % 7)
    weeks = int((last + HOUR - begin) / (WEEK * HOUR)) if last > begin else 0
    if weeks < LEAST_WEEKS:
        raise UsageError(f"expected {LEAST_WEEKS} weeks of {', '.join(frames)}, found {weeks}")
    index = pd.date_range(begin - HOUR, periods=weeks * WEEK + 1, freq=HOUR)
    parts = []
    for pair, frame in frames.items():
        whole = frame.reindex(index)
        if bool(whole["close"].isna().any()):
            hole = whole.index[whole["close"].isna()][0]
            raise UsageError(f"{pair} has a hole at {hole:%Y-%m-%d %H:%M} UTC")
        logs = np.log(whole[["close", "high", "low"]].to_numpy("float64"))
        before, after = logs[:-1, 0], logs[1:]
        moves = after[:, 0] - before
        parts.append(
            (
                moves,
                np.maximum(after[:, 1] - before, np.maximum(moves, 0.0)),
                np.maximum(before - after[:, 2], np.maximum(-moves, 0.0)),
                whole["volume"].to_numpy("float64")[1:],
            )
        )
    return Hours(*(np.stack(one) for one in zip(*parts, strict=True)))


def drawn_hours(real: Hours, seed: int, count: int) -> Hours:
    """Return a market of ``count`` hours: weeks of a real one in blocks, directions by coin.

    With x a move as it was, it becomes ±x − ln cosh x: the price is expected to stay, exactly.
    """
    lot = stream(seed, "calibration-blocks")
    hours = _weeks(lot, len(real) // WEEK, -(-count // WEEK))[:count]
    turned = lot.random(count) < 0.5
    moves, rises, falls = (one[:, hours] for one in (real.moves, real.rises, real.falls))
    moves = np.where(turned, -moves, moves) - np.log(np.cosh(moves))
    up = np.where(turned, falls, rises)
    down = np.where(turned, rises, falls)
    return Hours(
        moves,
        np.maximum(up, np.maximum(moves, 0.0)),
        np.maximum(down, np.maximum(-moves, 0.0)),
        np.maximum(real.volumes[:, hours], 1.0),
    )


def _weeks(lot: np.random.Generator, there: int, wanted: int) -> NDArray[np.integer[Any]]:
    """Return the hours of weeks drawn by the stationary bootstrap (Politis & Romano 1994)."""
    fresh = lot.random(wanted) < 1.0 / MEAN_BLOCK_WEEKS
    fresh[0] = True
    starts = lot.integers(0, there, wanted)
    weeks = np.empty(wanted, dtype="int64")
    for place in range(wanted):
        weeks[place] = starts[place] if fresh[place] else (weeks[place - 1] + 1) % there
    hours: NDArray[np.integer[Any]] = (weeks[:, None] * WEEK + np.arange(WEEK)).ravel()
    return hours
