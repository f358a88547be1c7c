"""Whether funding is known for the whole of a span: a backtest charges nothing where it is not.

Freqtrade joins funding rates to 1 h mark candles by an inner join (freqtrade#10888), after it has
filled holes between mark candles with the close before them. The time without funding rates is
free, and so is a funding before the first mark candle or after the last; one inside a hole of the
mark candles is charged at a price carried forward.
"""

from dataclasses import dataclass
from itertools import pairwise

import pandas as pd

LONGEST_INTERVAL = pd.Timedelta(hours=8)
SLACK = pd.Timedelta(minutes=1)
MARK_LENGTH = pd.Timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class FundingGap:
    """A time without funding: from the last known funding, or the span's start, to the next."""

    first: pd.Timestamp
    last: pd.Timestamp

    @property
    def hours(self) -> float:
        """Return its length."""
        return (self.last - self.first).total_seconds() / 3600.0


@dataclass(frozen=True, slots=True)
class CarriedMarks:
    """Fundings that fall into holes of the mark candles: how many, when, and for how long.

    ``longest`` is the greatest time from the close of the last mark candle to a funding charged
    at that close.
    """

    fundings: int
    first: pd.Timestamp
    last: pd.Timestamp
    longest: pd.Timedelta

    @property
    def hours(self) -> float:
        """Return the greatest age of a price in hours."""
        return self.longest.total_seconds() / 3600.0


def carried_marks(
    funding: pd.DataFrame, mark: pd.DataFrame, *, start: pd.Timestamp, end: pd.Timestamp
) -> CarriedMarks | None:
    """Return which fundings in [start, end] a backtest charges at a price carried forward.

    Parameters
    ----------
    funding
        Columns ``date, funding_rate``; rows without a rate are not charged.
    mark
        1 h mark candles as they are stored, not filled: columns ``date, open, …``, ascending.
    start, end
        The span in question, tz-aware.
    """
    due = _due(funding)
    marks = mark.dropna(subset=["open"])["date"].reset_index(drop=True)
    if marks.empty:
        return None
    inside = due.between(start, end) & due.between(marks.iloc[0], marks.iloc[-1])
    lost = due[inside & ~due.isin(marks)]
    if lost.empty:
        return None
    before = marks.searchsorted(lost) - 1
    ages = lost.reset_index(drop=True) - marks.iloc[before].reset_index(drop=True)
    return CarriedMarks(len(lost), lost.iloc[0], lost.iloc[-1], ages.max() - MARK_LENGTH)


def charged_times(funding: pd.DataFrame, mark: pd.DataFrame) -> "pd.Series[pd.Timestamp]":
    """Return when funding is charged: at rates that are numbers and have a mark candle.

    Parameters
    ----------
    funding
        Columns ``date, funding_rate``.
    mark
        1 h mark candles, columns ``date, open, …``.

    Returns
    -------
    pandas.Series
        Dates, ascending, on full hours as Freqtrade takes them.
    """
    due = _due(funding)
    return due[due.isin(mark.dropna(subset=["open"])["date"])]


def _due(funding: pd.DataFrame) -> "pd.Series[pd.Timestamp]":
    """Return the full hours of the rates that are numbers, ascending."""
    known = funding.dropna(subset=["funding_rate"])["date"].dt.floor("h")
    due: pd.Series[pd.Timestamp] = known.drop_duplicates().sort_values()
    return due


def funding_gaps(
    charged: "pd.Series[pd.Timestamp]",
    *,
    start: pd.Timestamp,
    end: pd.Timestamp,
    longest_interval: pd.Timedelta = LONGEST_INTERVAL,
) -> list[FundingGap]:
    """Return where more than the longest interval passes in [start, end] without funding.

    Parameters
    ----------
    charged
        When funding is charged, ascending, tz-aware; see `charged_times`.
    start, end
        The span to cover, tz-aware.
    longest_interval
        The longest time between two fundings; eight hours on Binance, Bybit and OKX.
    """
    inside = charged[(charged >= start) & (charged <= end)]
    moments = [start, *inside, end]
    return [
        FundingGap(first, last)
        for first, last in pairwise(moments)
        if last - first > longest_interval + SLACK
    ]
