"""Shares of sleeves by the allocators that had learned by then."""

import numpy as np
import pandas as pd

from plimsoll.agents.allocator_file import Allocator
from plimsoll.agents.shelf import Shelf
from plimsoll.learning.allocation import Floats, Sleeves, allocate, sleeves_of


def quarters(days: pd.DatetimeIndex) -> "np.ndarray[tuple[int], np.dtype[np.int_]]":
    """Return the number of each day's quarter: the episodes of an allocator."""
    return (days.year * 4 + days.quarter).to_numpy(dtype=np.int_)


def sleeves_of_days(returns: pd.DataFrame) -> Sleeves:
    """Return daily returns, days × sleeves, as an allocator sees them: an episode a quarter."""
    return sleeves_of(returns.to_numpy("float64"), quarters(pd.DatetimeIndex(returns.index)))


def shared(returns: pd.DataFrame, shelf: Shelf[Allocator]) -> tuple[pd.DataFrame, int]:
    """Return shares, days × sleeves, and of how many quarters with known days nobody had learned.

    Each quarter is shared out by the newest allocator that had learned by its first day and is not
    too old then; NaN, which the ensemble takes for equal shares, where there is none.
    """
    days = pd.DatetimeIndex(returns.index)
    known = sleeves_of_days(returns)
    shares: Floats = np.full(returns.shape, np.nan)
    chosen = {int(first): shelf.at(_begin(days[first])) for first in known.first_days()}
    asked = np.array([one is not None for one in chosen.values()])
    whose = np.repeat(asked, np.diff([*chosen, len(days)]))
    for terms in {one.terms for one in chosen.values() if one is not None}:
        scores = {
            first: one.network if one is not None and one.terms == terms else None
            for first, one in chosen.items()
        }
        made = allocate(known, scores.get, terms).shares
        its = np.repeat([one is not None for one in scores.values()], np.diff([*chosen, len(days)]))
        shares[its] = made[its]
    shares[~known.is_known] = np.nan
    missing = {int(known.episode[day]) for day in np.flatnonzero(known.is_known & ~whose)}
    return pd.DataFrame(shares, returns.index, returns.columns), len(missing)


def _begin(day: pd.Timestamp) -> pd.Timestamp:
    """Return the first day of a day's quarter."""
    return pd.Timestamp(year=day.year, month=3 * day.quarter - 2, day=1, tz="UTC")
