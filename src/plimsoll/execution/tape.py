"""What was traded of a pair around a fill, in the shortest candles that there are."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isfinite, log, sqrt

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from plimsoll.execution.settings import ExecutionError

Floats = NDArray[np.float64]

NS_PER_DAY = 86_400_000_000_000
COLUMNS = ("open", "high", "low", "close", "volume")
LEAST_CANDLES = 20
"""Fewer returns say nothing of a volatility."""
_PARKINSON = 2 * sqrt(log(2))


@dataclass(frozen=True, eq=False)
class Stretch:
    """Candles that follow one another, a value a candle, and how long each is in seconds.

    ``close_before`` is the close of the candle before them, NaN where that one is missing.
    """

    seconds: float
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    close_before: float

    def from_row(self, row: int) -> "Stretch":
        """Return the candles from a row on."""
        if row == 0:
            return self
        cut = {name: getattr(self, name)[row:] for name in COLUMNS}
        return replace(self, **cut, close_before=float(self.close[row - 1]))

    def first_touch(self, price: float) -> int | None:
        """Return the first candle that traded at a price, or jumped over it; None for none."""
        before = np.concatenate([[self.close_before], self.close[:-1]])
        before = np.where(np.isfinite(before), before, self.open)
        lowest, highest = np.minimum(self.low, before), np.maximum(self.high, before)
        rows = np.flatnonzero((lowest <= price) & (price <= highest))
        return int(rows[0]) if rows.size else None

    def volatility(self) -> float:
        """Return the volatility of the first candle over its own length, as a fraction.

        From its range: ``ln(high / low) / (2 sqrt(ln 2))`` (Parkinson 1980, The Extreme Value
        Method for Estimating the Variance of the Rate of Return).
        """
        return log(float(self.high[0]) / float(self.low[0])) / _PARKINSON


class Tape:
    """Candles of one pair in one or more lengths.

    ``frames``: Freqtrade's candles (``date`` is the open time, UTC) by their length; the longest
    are the strategy's own. Candles without volume, with which Freqtrade fills holes, are left
    out: nothing was traded.

    Raises `ExecutionError` when the longest frame holds no candle, or prices not above zero.
    """

    def __init__(
        self, pair: str, frames: Mapping[pd.Timedelta, pd.DataFrame], *, days: int
    ) -> None:
        self.pair = pair
        self._kept = [_Kept(pair, span, frames[span]) for span in sorted(frames)]
        own = self._kept[-1]
        if not len(own.opens):
            raise ExecutionError(f"{pair} has no candle with volume; load its candles")
        self.own_seconds = own.span_ns / 1e9
        self._daily_volatility, self._daily_usd = own.daily(days)

    def after_hole(self, at: pd.Timestamp) -> pd.Timestamp | None:
        """Return the first candle after a time that lies in a hole between candles; else None."""
        own, start = self._kept[-1], at.as_unit("ns").value
        row = int(np.searchsorted(own.opens, start, side="right")) - 1
        is_inside = 0 <= row < len(own.opens) - 1
        if not is_inside or start < own.opens[row] + own.span_ns:
            return None
        return pd.Timestamp(int(own.opens[row + 1]), tz="UTC")

    def around(self, at: pd.Timestamp) -> Stretch:
        """Return the candles of the strategy's candle that begins at a time.

        The shortest candles that cover all of it, else its longest; a `Stretch` of one candle at
        least.

        Raises `ExecutionError` when no candle covers the time.
        """
        start = at.as_unit("ns").value
        end = start + self._kept[-1].span_ns
        for kept in self._kept:
            first, last = (int(row) for row in np.searchsorted(kept.opens, [start, end]))
            if (last - first) * kept.span_ns == end - start:
                return kept.stretch(first, last)
        own = self._kept[-1]
        row = int(np.searchsorted(own.opens, start, side="right")) - 1
        if row < 0 or start >= own.opens[row] + own.span_ns:
            raise ExecutionError(
                f"{self.pair} has no candle at {at:%Y-%m-%d %H:%M} UTC, where a fill lies; "
                "pass the --datadir that the backtest used"
            )
        return own.stretch(row, row + 1)

    def daily_volatility(self, at: pd.Timestamp) -> float:
        """Return the volatility of a day before a time, as a fraction; the first known one before.

        The sample deviation of the log returns of the strategy's candles, times the root of how
        many a day has.
        """
        return self._before(self._daily_volatility, at, "volatility")

    def daily_usd(self, at: pd.Timestamp) -> float:
        """Return what was traded a day before a time, in USD; the first known value before."""
        return self._before(self._daily_usd, at, "volume")

    def _before(self, values: Floats, at: pd.Timestamp, name: str) -> float:
        row = int(np.searchsorted(self._kept[-1].opens, at.as_unit("ns").value)) - 1
        value = float(values[max(row, 0)])
        if not isfinite(value) or value <= 0:
            raise ExecutionError(
                f"{self.pair}: the daily {name} at {at:%Y-%m-%d} is unknown; it takes "
                f"{LEAST_CANDLES} candles with volume around it"
            )
        return value


class _Kept:
    """Candles of one length as arrays."""

    def __init__(self, pair: str, span: pd.Timedelta, frame: pd.DataFrame) -> None:
        traded = frame[frame["volume"].to_numpy(dtype="float64") > 0]
        prices = traded[list(COLUMNS[:4])].to_numpy(dtype="float64")
        if not (np.isfinite(prices) & (prices > 0)).all():
            raise ExecutionError(f"{pair} has a price that is no number above 0; mend its candles")
        self.span_ns = span.value
        self.opens = np.asarray(pd.DatetimeIndex(traded["date"]).as_unit("ns").asi8)
        self.columns = {name: traded[name].to_numpy(dtype="float64") for name in COLUMNS}

    def stretch(self, first: int, last: int) -> Stretch:
        follows = first > 0 and self.opens[first - 1] + self.span_ns == self.opens[first]
        before = float(self.columns["close"][first - 1]) if follows else float("nan")
        rows = {name: values[first:last] for name, values in self.columns.items()}
        return Stretch(seconds=self.span_ns / 1e9, **rows, close_before=before)

    def daily(self, days: int) -> tuple[Floats, Floats]:
        """Return volatility and traded USD of a day over the latest days, at each candle."""
        index = pd.DatetimeIndex(self.opens, tz="UTC")
        close = pd.Series(self.columns["close"], index)
        per_day = NS_PER_DAY / self.span_ns
        window = max(LEAST_CANDLES + 1, round(days * per_day))
        returns = pd.Series(np.log(close)).diff()
        sigma = returns.rolling(window, min_periods=LEAST_CANDLES).std() * sqrt(per_day)
        usd = (close * self.columns["volume"]).rolling(window, min_periods=1).mean() * per_day
        return sigma.bfill().to_numpy(dtype="float64"), usd.bfill().to_numpy(dtype="float64")
