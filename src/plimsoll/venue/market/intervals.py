"""Candle intervals as Binance names and aligns them: weeks from Monday, months from the first."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from plimsoll.candles.timeframe import opening_offset_seconds, timeframe_seconds

SECOND_MS = 1000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Interval:
    """One candle length: its code, nominal length and alignment offset, all in milliseconds."""

    code: str
    ms: int
    offset_ms: int = 0

    @property
    def is_month(self) -> bool:
        """Whether candles follow the calendar instead of a fixed length."""
        return self.code == "1M"

    def floor(self, times_ms: Ints) -> Ints:
        """Return the opening time of the candle that holds each instant, shape as given."""
        if self.is_month:
            months = times_ms.astype("datetime64[ms]").astype("datetime64[M]")
            return months.astype("datetime64[ms]").astype(np.int64)
        return (times_ms - self.offset_ms) // self.ms * self.ms + self.offset_ms

    def open_ms(self, time_ms: int) -> int:
        """Return the opening time of the candle that holds the instant."""
        if self.is_month:
            return int(self.floor(np.array([time_ms], dtype=np.int64))[0])
        return (time_ms - self.offset_ms) // self.ms * self.ms + self.offset_ms

    def close_ms(self, open_ms: int) -> int:
        """Return the end of the candle that opens then (exclusive)."""
        if self.is_month:
            return int(self.open_ms(open_ms + 32 * DAY_MS))
        return open_ms + self.ms

    def ends(self, opens_ms: Ints) -> Ints:
        """Return the exclusive end of each candle, shape as given."""
        if self.is_month:
            return self.floor(opens_ms + 32 * DAY_MS)
        return opens_ms + self.ms

    def opens_between(self, first_ms: int, last_ms: int) -> Ints:
        """Return every opening time in [first, last], ascending."""
        if last_ms < first_ms:
            return np.empty(0, dtype=np.int64)
        start = self.open_ms(first_ms)
        if start < first_ms:
            start = self.close_ms(start)
        if not self.is_month:
            return np.arange(start, last_ms + 1, self.ms, dtype=np.int64)
        grid = self.floor(np.arange(start, last_ms + 1, DAY_MS, dtype=np.int64))
        return np.unique(grid[grid >= first_ms])


INTERVALS: dict[str, Interval] = {
    code: Interval(
        code,
        timeframe_seconds(code) * SECOND_MS,
        opening_offset_seconds(timeframe_seconds(code)) * SECOND_MS,
    )
    for code in (
        *(f"{n}m" for n in (1, 3, 5, 15, 30)),
        *(f"{n}h" for n in (1, 2, 4, 6, 8, 12)),
        *("1d", "3d", "1w", "1M"),
    )
}
