"""The candles of one pair as Freqtrade's loop would see them: as columns, a row only on demand."""

from bisect import bisect_left
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from freqtrade.optimize.backtesting import HEADERS
from freqtrade.persistence import LocalTrade

from plimsoll.lab.fast_lane.waking import (
    ENTER_LONG,
    ENTER_SHORT,
    EXIT_LONG,
    EXIT_SHORT,
    GOES_LONG,
    GOES_SHORT,
)

SIGNALS = dict(zip(HEADERS[5:9], (ENTER_LONG, EXIT_LONG, ENTER_SHORT, EXIT_SHORT), strict=True))
NEVER = 1 << 60
"""A step that is never reached."""

PRICES, TAGS = HEADERS[1:5], HEADERS[9:11]


class Grid:
    """The candles that a backtest goes through, counted as steps from 0."""

    def __init__(self, start: datetime, end: datetime, span: timedelta) -> None:
        self.start, self.span = start, span
        self.steps = max(0, (end - start) // span)
        self._first_ns = pd.Timestamp(start + span).as_unit("ns").value
        self._span_ns = pd.Timedelta(span).as_unit("ns").value

    def time(self, step: int) -> datetime:
        """Return when a step is: of the very type of the backtest's start."""
        return self.start + self.span * (step + 1)

    def step_after(self, moment: datetime) -> int:
        """Return the first step at or after a moment."""
        return -((self.start + self.span - moment) // self.span)

    def steps_of(self, dates: "pd.Series[Any]") -> np.ndarray | None:
        """Return the step of each candle after the first one; ``None`` where one lies beside."""
        nanoseconds = dates.array.as_unit("ns").asi8[1:] - self._first_ns
        steps = nanoseconds // self._span_ns
        beside = (steps * self._span_ns != nanoseconds).any() or (np.diff(steps) <= 0).any()
        return None if beside or (len(steps) and steps[0] < 0) else steps

    def seconds(self, steps: np.ndarray) -> np.ndarray:
        """Return the time of steps in seconds since the epoch."""
        return (self._first_ns + steps * self._span_ns) // 1_000_000_000


class Signal:
    """One column of signals, shifted by a candle as Freqtrade shifts it."""

    def __init__(self, frame: pd.DataFrame, name: str) -> None:
        self.numbers: np.ndarray | None = None
        self._shifted: Any = None
        if name not in frame.columns:
            return
        column = frame[name]
        if column.dtype.kind in "fiu":
            known = column.to_numpy(dtype="float64")[:-1]
            self.numbers = np.where(np.isnan(known), 0.0, known)
            return
        shifted = column.replace([np.nan], [0]).shift(1).iloc[1:]
        self._shifted = list(shifted)
        self.numbers = np.array([float(one) for one in self._shifted])

    def at(self, row: int) -> Any:
        """Return the value of a row, of the type that it has in Freqtrade's list."""
        if self.numbers is None:
            return 0
        return float(self.numbers[row]) if self._shifted is None else self._shifted[row]


class Tag:
    """One column of tags, shifted by a candle."""

    def __init__(self, frame: pd.DataFrame, name: str) -> None:
        self._column = frame[name].array if name in frame.columns else None
        if isinstance(self._column, pd.Categorical):
            self._column = frame[name].replace([np.nan], [None]).array

    def at(self, row: int) -> Any:
        """Return the tag of a row; ``None`` where there is none."""
        if self._column is None:
            return None
        value = self._column[row]
        is_missing = not isinstance(value, str) and pd.isna(value)
        return None if is_missing and not isinstance(self._column, pd.Categorical) else value


class PairRows:
    """One pair's candles: those that Freqtrade's list would have, and where entries are.

    Parameters
    ----------
    pair
        Its name.
    frame
        Its analysed candles with signals, trimmed.
    steps
        The step of each candle but the first, which Freqtrade drops.
    count
        How many steps there are.
    """

    def __init__(
        self, pair: str, frame: pd.DataFrame, steps: np.ndarray, count: int, *, can_short: bool
    ) -> None:
        self.pair, self.steps = pair, steps
        self.base = pair.split("/")[0]
        self._dates = frame["date"].array[1:]
        columns = [frame[name].to_numpy(dtype="float64")[1:] for name in PRICES]
        self.open, self.high, self.low, self.close = map(np.ascontiguousarray, columns)
        self._signals = [Signal(frame, name) for name in SIGNALS]
        self._tags = [Tag(frame, name) for name in TAGS]
        self.flags = self._flagged(can_short=can_short)
        goes = (self.flags & (GOES_LONG | GOES_SHORT)) != 0
        self.entries: list[int] = steps[goes].tolist()
        self.row_of = np.full(count, -1, dtype=np.int64)
        inside = steps < count
        self.row_of[steps[inside]] = np.flatnonzero(inside)
        self.rows_until = np.searchsorted(steps, np.arange(count), side="right")
        self.stamps = np.zeros(len(steps), dtype=np.int64)
        self.funding = np.zeros(len(steps))
        self.funding_rows = np.full(len(steps), -1, dtype=np.int64)
        self.funding_is_known = True
        self._paid, self._stamp_dates = np.zeros(1), np.zeros(0, dtype=np.int64)

    def __len__(self) -> int:
        return len(self.steps)

    def at(self, row: int) -> list[Any]:
        """Return a row as Freqtrade's list has it."""
        return [
            self._dates[row],
            *(float(one[row]) for one in (self.open, self.high, self.low, self.close)),
            *(one.at(row) for one in self._signals),
            *(one.at(row) for one in self._tags),
        ]

    def next_entry(self, step: int) -> int | None:
        """Return the first step from ``step`` on with an entry signal; ``None`` for none."""
        index = bisect_left(self.entries, step)
        return self.entries[index] if index < len(self.entries) else None

    def entries_between(self, first: int, last: int) -> int:
        """Return how many steps of ``[first, last)`` have an entry signal."""
        return bisect_left(self.entries, last) - bisect_left(self.entries, first)

    def direction(self, row: int) -> str | None:
        """Return the side that a row's signals enter on, as Freqtrade reads them."""
        flag = int(self.flags[row])
        if flag & GOES_LONG:
            return "long"
        return "short" if flag & GOES_SHORT else None

    def learn_funding(self, rates: pd.DataFrame, grid: Grid, every_seconds: int) -> None:
        """Work out what of funding is booked by each row: Freqtrade books it at full hours."""
        is_full = grid.seconds(self.steps) % every_seconds == 0
        rows = np.where(is_full, np.arange(len(self.steps)), -1)
        self.funding_rows = np.maximum.accumulate(rows) if len(rows) else rows
        if rates.empty:
            return
        if "_ff_date_ns" not in rates.columns:
            self.funding_is_known = False
            return
        dates = rates["_ff_date_ns"].to_numpy()
        fees = rates["_ff_fee_per_unit"].to_numpy(dtype="float64")
        self.funding_is_known = bool(np.isfinite(fees).all())
        moments = grid.seconds(self.steps) * 1_000_000_000
        known = np.searchsorted(dates, moments, side="right")
        self.stamps = np.where(self.funding_rows >= 0, known[self.funding_rows], 0)
        self._paid, self._stamp_dates = np.concatenate([[0.0], np.cumsum(fees)]), dates
        self.funding = self._paid[self.stamps]

    def paid_before(self, moment: datetime) -> float:
        """Return the funding a unit of all stamps before a moment."""
        at = pd.Timestamp(moment).as_unit("ns").value
        return float(self._paid[self._stamp_dates.searchsorted(at, "left")])

    def _flagged(self, *, can_short: bool) -> np.ndarray:
        flags = np.zeros(len(self.steps), dtype=np.uint8)
        is_on = []
        for signal, bit in zip(self._signals, SIGNALS.values(), strict=True):
            numbers = signal.numbers
            if numbers is None:
                is_on.append(np.zeros(len(self.steps), dtype=bool))
                continue
            flags[numbers != 0] |= bit
            is_on.append(numbers == 1)
        enter_long, exit_long, enter_short, exit_short = is_on
        enter_short, exit_short = enter_short & can_short, exit_short & can_short
        flags[enter_long & ~exit_long & ~enter_short] |= GOES_LONG
        flags[enter_short & ~exit_short & ~enter_long] |= GOES_SHORT
        return flags


class Line:
    """One pair in a run: its candles, its open trade, and when it matters next."""

    def __init__(self, rows: PairRows) -> None:
        self.rows = rows
        self.trade: LocalTrade | None = None
        self.wake = NEVER
        """The step on which the trade matters next; of `acts`, that on which it may."""
        self.level_row = 0
        self.acts = False
        self.entry = -1
        self.next_row = 0
        self.key: tuple[Any, ...] = ()
        self.booked: int | None = None
        """The count of funding stamps in the trade's funding; ``None`` right after a fill."""
        self.told = 0
        """How many rows the data provider shows."""

    def next_entry(self, step: int) -> int:
        """Return the first step from ``step`` on with an entry signal."""
        if self.entry < step:
            after = self.rows.next_entry(step)
            self.entry = NEVER if after is None else after
        return self.entry

    def key_of(self, trade: LocalTrade) -> tuple[Any, ...]:
        """Return what the bounds of an open trade rest on."""
        return (
            trade,
            trade.stop_loss,
            trade.liquidation_price,
            trade.amount,
            trade.open_rate,
            len(trade.orders),
        )
