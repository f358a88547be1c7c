"""Whole days of all pairs drawn anew, chained so that prices go on where the day before ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

PRICES = ("open", "high", "low", "close")
DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Days:
    """The days that are drawn from: ``count`` whole UTC days from ``start_s``, in epoch seconds.

    ``per_day`` is the number of candles of a day.
    """

    start_s: int
    count: int
    per_day: int


def day_factors(closes: Floats, before: float, drawn: Integers) -> Floats:
    """Return what each drawn day's prices are multiplied by.

    ``closes`` are the last closes of the real days, ``before`` is the price that the first of
    them follows, ``drawn`` the numbers of the days in their new order. A drawn day keeps its
    return over the close of the day that really was before it. Days in their real order have 1
    exactly.
    """
    follows = np.concatenate([[before], closes[:-1]])
    factors, last = np.empty(len(drawn)), before
    for place, day in enumerate(drawn):
        factors[place] = last / follows[day]
        last = closes[day] * factors[place]
    return factors


def redrawn_candles(
    candles: pd.DataFrame, days: Days, drawn: Integers
) -> tuple[pd.DataFrame, Floats]:
    """Return a pair's candles with its days drawn anew, and each day's factor.

    What is before the first day, the warm-up, stays; every day has all of its candles, and the
    last one of ``candles`` ends the last day. Dates stay, so that each candle keeps its time of
    day. Volume is divided by the factor: what was traded keeps its worth in money.
    """
    first = len(candles) - days.count * days.per_day
    rows = (drawn[:, None] * days.per_day + np.arange(days.per_day)).ravel() + first
    closes = candles["close"].to_numpy("float64")
    ends = closes[first + days.per_day - 1 :: days.per_day]
    before = closes[first - 1] if first else float(candles["open"].iloc[0])
    factors = day_factors(ends, float(before), drawn)
    scale = np.repeat(factors, days.per_day)
    made = candles.copy()
    for name in PRICES:
        values = candles[name].to_numpy("float64", copy=True)
        values[first:] = values[rows] * scale
        made[name] = values
    volume = candles["volume"].to_numpy("float64", copy=True)
    volume[first:] = volume[rows] / scale
    made["volume"] = volume
    return made, factors


def redrawn_funding(
    funding: pd.DataFrame, days: Days, drawn: Integers, factors: Floats
) -> pd.DataFrame:
    """Return a pair's funding with its days: rates as they were, mark prices with the candles.

    ``funding``: columns ``date``, ``open_mark``, ``open_fund``, rising; rows before the first day
    stay, those after the last one go. A hole of a day goes along with it.
    """
    kept = funding[["date", "open_mark", "open_fund"]]
    at_s = pd.DatetimeIndex(kept["date"]).as_unit("s").asi8
    borders = np.searchsorted(at_s, days.start_s + DAY_S * np.arange(days.count + 1))
    rows = [np.arange(borders[day], borders[day + 1]) for day in drawn]
    lengths = [len(one) for one in rows]
    moved_s = np.repeat((np.arange(days.count) - drawn) * DAY_S, lengths)
    taken = kept.iloc[np.concatenate([np.arange(borders[0]), *rows])].reset_index(drop=True)
    head = int(borders[0])
    shift = np.concatenate([np.zeros(head, "i8"), moved_s])
    scale = np.concatenate([np.ones(head), np.repeat(factors, lengths)])
    dates = taken["date"] + pd.to_timedelta(shift, unit="s")
    return taken.assign(
        date=dates.astype(taken["date"].dtype), open_mark=taken["open_mark"] * scale
    )


def redrawn(
    candles: Mapping[str, pd.DataFrame],
    funding: Mapping[str, pd.DataFrame],
    days: Days,
    drawn: Integers,
) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    """Return candles and funding of all pairs, the same days drawn for each of them."""
    made: dict[str, pd.DataFrame] = {}
    paid: dict[str, Any] = {}
    for pair, frame in candles.items():
        made[pair], factors = redrawn_candles(frame, days, drawn)
        if pair in funding:
            empty = funding[pair].empty
            paid[pair] = (
                funding[pair] if empty else redrawn_funding(funding[pair], days, drawn, factors)
            )
    return made, paid
