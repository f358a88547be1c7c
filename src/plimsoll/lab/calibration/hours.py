"""Hourly paths of several pairs, and the candles made of them."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]

HOURS_A_DAY = 24
HOURS_A_YEAR = 8760
START_TICKS = 100_000
"""The first price in ticks: one that has lost nine tenths still has steps of a basis point."""


@dataclass(frozen=True, slots=True)
class Hours:
    """The hours of a market, pairs × hours; there is no hole, a candle opens where one closed.

    ``moves`` are log returns, ``rises`` and ``falls`` how far the log price was above and below
    the hour's open at most; ``volumes`` are in coins.
    """

    moves: Floats
    rises: Floats
    falls: Floats
    volumes: Floats

    def __len__(self) -> int:
        return int(self.moves.shape[1])


def candles_of(
    hours: Hours, pair: int, *, first: pd.Timestamp, each: int, tick: float
) -> pd.DataFrame:
    """Return the candles of a pair, ``each`` hours long, in Freqtrade's columns.

    ``first`` is the open of the first. Prices are rounded to ``tick``, and are one at least.
    Hours that fill no whole candle are left out.
    """
    closes = np.cumsum(hours.moves[pair])
    opens = closes - hours.moves[pair]
    count = len(hours) // each
    shape = (count, each)

    def parted(values: Floats) -> Floats:
        return values[: count * each].reshape(shape)

    logs = {
        "open": parted(opens)[:, 0],
        "high": parted(opens + hours.rises[pair]).max(axis=1),
        "low": parted(opens - hours.falls[pair]).min(axis=1),
        "close": parted(closes)[:, -1],
    }
    prices = {name: _rounded(values, tick) for name, values in logs.items()}
    dates = pd.date_range(first, periods=count, freq=f"{each}h").as_unit("ms")
    volumes = parted(hours.volumes[pair]).sum(axis=1)
    return pd.DataFrame({"date": dates, **prices, "volume": volumes})


def _rounded(logs: Floats, tick: float) -> Floats:
    """Return prices in whole ticks, each the double that its decimals would read as."""
    decimals = max(0, -math.floor(math.log10(tick)))
    ticks = np.maximum(np.round(START_TICKS * np.exp(logs)), 1.0)
    rounded: Floats = np.round(ticks * tick, decimals)
    return rounded
