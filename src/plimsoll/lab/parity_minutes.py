"""What a data folder lacks for a check: minutes, a path through longer candles; the premium."""

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from plimsoll.core import UsageError
from plimsoll.lab.study_data import file_of, link_data

FIRST_TURN, SECOND_TURN = 0.25, 0.65
"""Where in a candle its path turns, as shares of its length; always on a whole minute."""
MOST_DECIMALS = 10
PREMIUM_TIMEFRAME = "1h"
FINER = ("1m", "3m", "5m", "15m", "30m", "1h")


def with_minutes(
    datadir: Path, folder: Path, pairs: tuple[str, ...], begin: datetime, end: datetime
) -> dict[str, str]:
    """Fill ``folder`` with links to a data folder, and with minutes of a span where it has none.

    Each candle of the finest timeframe becomes minutes along a path from its open over its
    extremes to its close: low first where it rose. Put together again they are that candle.
    Where a pair has no premium index, but hourly candles of the spot market, it gets the premium
    of the perpetual over spot.

    Returns the timeframe that each pair's minutes are made of; ``1m`` where they were there.

    Raises `UsageError` when a pair has no candles of an hour or less without a gap in the span.
    """
    link_data(datadir, folder)
    made = {}
    for pair in pairs:
        timeframe, inside = _whole(folder, pair, begin - timedelta(days=1), end)
        made[pair] = timeframe
        if timeframe != "1m":
            length = int(pd.Timedelta(timeframe) / pd.Timedelta(minutes=1))
            target = file_of(folder, pair, "1m")
            target.unlink(missing_ok=True)  # a link to minutes that have gaps here
            minutes_of(inside, length).to_feather(target)
        _add_premium(folder, pair)
    return made


def _add_premium(folder: Path, pair: str) -> None:
    target = file_of(folder, pair, PREMIUM_TIMEFRAME, "premiumIndex")
    sources = [file_of(folder, pair, PREMIUM_TIMEFRAME, kind) for kind in ("futures", "spot")]
    if not target.exists() and all(source.exists() for source in sources):
        premium_of(*(pd.read_feather(source) for source in sources)).to_feather(target)


def premium_of(perpetual: pd.DataFrame, spot: pd.DataFrame) -> pd.DataFrame:
    """Return the premium of a perpetual over spot as candles that stand at that of their close.

    A fraction of the spot price; hours that one of both lacks are left out.
    """
    closes = perpetual[["date", "close"]].merge(
        spot[["date", "close"]], on="date", suffixes=("", "_spot")
    )
    premium = closes["close"] / closes["close_spot"] - 1.0
    prices = dict.fromkeys(("open", "high", "low", "close"), premium)
    return pd.DataFrame({"date": closes["date"], **prices, "volume": 0.0})


def _whole(folder: Path, pair: str, begin: datetime, end: datetime) -> tuple[str, pd.DataFrame]:
    """Return the finest candles of a pair that have no gap in a span, and their timeframe."""
    for timeframe in FINER:
        file = file_of(folder, pair, timeframe)
        if not file.exists():
            continue
        candles = pd.read_feather(file)
        inside = candles[(candles["date"] >= begin) & (candles["date"] < end)]
        if len(inside) == (end - begin) // pd.Timedelta(timeframe):
            return timeframe, inside
    raise UsageError(
        f"expected candles of {pair} without a gap from {begin:%Y-%m-%d} to {end:%Y-%m-%d}, "
        "found none of an hour or less; see plimsoll data check"
    )


def minutes_of(candles: pd.DataFrame, length: int) -> pd.DataFrame:
    """Return minutes along a path through each candle of ``length`` minutes; columns as given.

    Prices keep the decimals of the candles, the volume is spread evenly.
    """
    turns = (max(1, round(length * FIRST_TURN)), round(length * SECOND_TURN))
    return parts_of(candles, length, turns, pd.Timedelta(minutes=1))


def parts_of(
    candles: pd.DataFrame, count: int, turns: tuple[int, int], step: pd.Timedelta
) -> pd.DataFrame:
    """Return ``count`` candles of a length ``step`` for each, along a path through it.

    The path is straight in log price from the open over both extremes to the close, low first
    where it rose; it comes to them after as many steps as ``turns`` says.
    """
    prices = candles[["open", "high", "low", "close"]].to_numpy(dtype="float64")
    opened, high, low, closed = prices.T
    rose = (closed >= opened)[:, None]
    extremes = np.where(rose, np.column_stack([low, high]), np.column_stack([high, low]))
    points = np.log(np.column_stack([opened, extremes, closed]))
    at, steps = np.array([0, *turns, count], dtype="float64"), np.arange(count + 1)
    leg = np.clip(np.searchsorted(at, steps, side="right") - 1, 0, 2)
    along = (steps - at[leg]) / (at[leg + 1] - at[leg])
    edges = np.exp(points[:, leg] * (1.0 - along) + points[:, leg + 1] * along)
    edges = np.clip(np.round(edges, _decimals(prices)), low[:, None], high[:, None])
    begins, ends = edges[:, :-1], edges[:, 1:]
    dates = pd.DatetimeIndex(candles["date"]).repeat(count)
    return pd.DataFrame(
        {
            "date": dates + np.tile(np.arange(count), len(candles)) * step,
            "open": begins.ravel(),
            "high": np.maximum(begins, ends).ravel(),
            "low": np.minimum(begins, ends).ravel(),
            "close": ends.ravel(),
            "volume": np.repeat(candles["volume"].to_numpy(dtype="float64") / count, count),
        }
    )


def _decimals(prices: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]") -> int:
    """Return how many decimals the prices have."""
    for decimals in range(MOST_DECIMALS):
        if np.allclose(prices, np.round(prices, decimals), rtol=0.0, atol=1e-9):
            return decimals
    return MOST_DECIMALS
