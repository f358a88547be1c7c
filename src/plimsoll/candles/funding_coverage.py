"""Whether funding is known for the whole of a span: a backtest charges nothing where it is not.

Freqtrade joins funding rates to 1 h mark candles by an inner join (facts B7, freqtrade#10888): a
funding without its mark candle is free, and so is the time without funding rates.
"""

from dataclasses import dataclass
from itertools import pairwise

import pandas as pd

LONGEST_INTERVAL = pd.Timedelta(hours=8)
SLACK = pd.Timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class FundingGap:
    """A time without funding: from the last known funding, or the span's start, to the next."""

    first: pd.Timestamp
    last: pd.Timestamp

    @property
    def hours(self) -> float:
        """Return its length."""
        return (self.last - self.first).total_seconds() / 3600.0


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
    rates = funding.dropna(subset=["funding_rate"])["date"].dt.floor("h")
    marks = mark.dropna(subset=["open"])["date"]
    charged: pd.Series[pd.Timestamp] = rates[rates.isin(marks)].drop_duplicates().sort_values()
    return charged


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
