"""A checked series with its rows, and what other checks take from it: prices, and longer bars."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from plimsoll.archive.layout import PRICES, Kind, Series
from plimsoll.candles.timeframe import is_monthly, opening_offset_seconds, timeframe_seconds


@dataclass(frozen=True, eq=False)
class Prices:
    """The log prices of a series at the instants they are known, ascending, in epoch ms."""

    series: Series
    instants_ms: np.ndarray
    logs: np.ndarray
    length_ms: int

    def between(self, begin_ms: int, end_ms: int) -> "Prices":
        """Return the prices in [begin, end)."""
        first, last = np.searchsorted(self.instants_ms, [begin_ms, end_ms])
        part = slice(first, last)
        return Prices(self.series, self.instants_ms[part], self.logs[part], self.length_ms)


@dataclass(frozen=True, eq=False)
class Bars:
    """Whole bars of one length: opening times in epoch ms, and open, high, low, close."""

    opens_ms: np.ndarray
    prices: dict[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class Table:
    """A series with its rows, ascending and typed."""

    series: Series
    rows: pd.DataFrame

    @property
    def length(self) -> pd.Timedelta:
        """Return the timeframe."""
        return pd.Timedelta(seconds=timeframe_seconds(self.series.timeframe))

    @property
    def length_ms(self) -> int:
        """Return the timeframe in milliseconds."""
        return timeframe_seconds(self.series.timeframe) * 1000

    @cached_property
    def opens_ms(self) -> np.ndarray:
        """Return the dates in epoch ms."""
        return np.asarray(self.rows["date"].dt.as_unit("ms").astype("int64"))

    @cached_property
    def alone(self) -> np.ndarray:
        """Return which rows have no neighbour: bars of a longer timeframe, most likely."""
        apart = np.concatenate([[True], np.diff(self.opens_ms) > self.length_ms, [True]])
        lonely: np.ndarray = apart[:-1] & apart[1:]
        return lonely

    def prices(self) -> Prices | None:
        """Return closes at the instant each is known; open interest gives value over amount.

        None for a series without prices. Bars of a longer timeframe and prices that are not
        positive are left out.
        """
        if self.series.kind in PRICES:
            instants, values = self.opens_ms + self.length_ms, self.rows["close"].to_numpy()
            fine = (values > 0) & ~self.alone
        elif self.series.kind is Kind.OPEN_INTEREST:
            amounts = self.rows["open_interest_amount"].to_numpy()
            with np.errstate(divide="ignore", invalid="ignore"):
                values = self.rows["open_interest_value"].to_numpy() / amounts
            instants, fine = self.opens_ms, (values > 0) & np.isfinite(values)
        else:
            return None
        return Prices(self.series, instants[fine], np.log(values[fine]), self.length_ms)

    def bars(self, length_ms: int) -> Bars | None:
        """Return whole bars of a length that the timeframe divides; None when it does not.

        A bar is left out where one of its rows is missing or has a price that is not positive.
        """
        if is_monthly(self.series.timeframe) or length_ms % self.length_ms:
            return None
        offset = opening_offset_seconds(length_ms // 1000) * 1000
        columns = {name: self.rows[name].to_numpy() for name in ("open", "high", "low", "close")}
        fine = ~self.alone & np.logical_and.reduce([one > 0 for one in columns.values()])
        bucket = (self.opens_ms[fine] - offset) // length_ms
        if not len(bucket):
            return None
        starts = np.flatnonzero(np.concatenate([[True], bucket[1:] != bucket[:-1]]))
        counts = np.diff(np.append(starts, len(bucket)))
        whole = counts == length_ms // self.length_ms
        ends = starts + counts - 1
        values = {
            "open": columns["open"][fine][starts],
            "high": np.maximum.reduceat(columns["high"][fine], starts),
            "low": np.minimum.reduceat(columns["low"][fine], starts),
            "close": columns["close"][fine][ends],
        }
        opens = bucket[starts] * length_ms + offset
        return Bars(opens[whole], {name: one[whole] for name, one in values.items()})


def utc(instant_ms: int) -> pd.Timestamp:
    """Return an instant in epoch ms as a timestamp."""
    return pd.Timestamp(int(instant_ms), unit="ms", tz="UTC")
