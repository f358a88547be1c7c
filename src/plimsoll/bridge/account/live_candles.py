"""What a running bot reads of its candles: each frame of a pair is worked out once.

Freqtrade puts a new frame in the place of the old one whenever a candle has closed, and never
changes one in place.
"""

from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import pandas as pd
from freqtrade.data.dataprovider import DataProvider

from plimsoll.candles.live_bar import check_live_bar
from plimsoll.candles.quality import PRICES
from plimsoll.candles.windows import Window


class _Frame:
    """One frame that is not empty, and what has been worked out of it."""

    def __init__(self, candles: pd.DataFrame, length: timedelta) -> None:
        self.candles = candles
        dates = candles["date"]
        self.newest: dict[str, Any] = {name: candles[name].to_numpy()[-1] for name in PRICES}
        self.newest["date"] = dates.iloc[-1]
        self.before: Any = dates.iloc[-2] if len(candles) > 1 else None
        self.closed_at = datetime.fromtimestamp(self.newest["date"].timestamp(), UTC) + length
        self._seconds = int(length.total_seconds())
        self._windows: dict[int, Window] = {}

    @property
    def is_traded(self) -> bool:
        return bool(self.candles["volume"].to_numpy()[-1] > 0)

    def fault(self, now: datetime) -> str | None:
        # Of what is wrong with a bar, only that it has not closed yet depends on the moment.
        return self._lasting_fault if now >= self.closed_at else self._fault(now)

    @cached_property
    def _lasting_fault(self) -> str | None:
        return self._fault(self.closed_at)

    def _fault(self, received_at: datetime) -> str | None:
        faults = check_live_bar(
            self.newest,
            timeframe_seconds=self._seconds,
            received_at=received_at,
            previous_open=self.before,
        )
        return "; ".join(fault.reason for fault in faults) if faults else None

    def window(self, count: int) -> Window:
        if count not in self._windows:
            opened = self.candles["date"].to_numpy(dtype="datetime64[s]")[-count:].astype("int64")
            closes = self.candles["close"].to_numpy(dtype="float64")[-count:]
            self._windows[count] = Window(opened, closes)
        return self._windows[count]


class LiveCandles:
    """The candles of a running bot, by pair."""

    def __init__(self, data: DataProvider, *, timeframe: str, candle_seconds: int) -> None:
        # DataProvider looks up the kind of run each time, and every entry reads each position.
        exchange, config = data._exchange, data._config  # noqa: SLF001 - it offers neither
        self._klines = exchange.klines  # type: ignore[union-attr]
        self._timeframe, self._type = timeframe, config["candle_type_def"]
        self._length = timedelta(seconds=candle_seconds)
        self._data, self._frames = data, dict[str, _Frame]()

    def newest(self, pair: str, now: datetime) -> tuple[datetime, str | None] | None:
        """Return when the newest candle closed, and what is wrong with it; ``None`` for none.

        How late it is, the guard judges itself.
        """
        frame = self._frame(pair)
        if frame is None:
            return None
        fault = frame.fault(now)
        return frame.closed_at, None if fault is None else f"the newest candle of {pair}: {fault}"

    def newest_close(self, pair: str, now: datetime) -> tuple[datetime, float] | None:
        """Return when the newest candle closed, and at which price.

        ``None`` where there is none, where nothing was traded in it (its close is the one before
        then), or where anything is wrong with it.
        """
        frame = self._frame(pair)
        if frame is None or frame.fault(now) is not None or not frame.is_traded:
            return None
        return frame.closed_at, float(frame.newest["close"])

    def fault_of_analysis(self, pair: str) -> str | None:
        """Return why a pair's signal is not that of its newest candle; ``None`` where it is.

        Where a strategy raises, Freqtrade keeps the frame of before, and enters by its signal until
        it is five minutes older than a candle.
        """
        frame = self._frame(pair)
        analysed, _ = self._data.get_analyzed_dataframe(pair, self._timeframe)
        if frame is None or analysed.empty:
            return None
        seen = analysed["date"].iloc[-1]
        if seen >= frame.newest["date"]:
            return None
        return (
            f"the candle of {pair} that closed at {frame.closed_at:%H:%M:%S} was not analysed; the "
            f"signal is of the one that closed at {seen + self._length:%Y-%m-%d %H:%M:%S} UTC"
        )

    def window(self, pair: str, count: int) -> Window | None:
        """Return the latest closes of a pair; ``None`` when there are no candles."""
        frame = self._frame(pair)
        return None if frame is None else frame.window(count)

    def _frame(self, pair: str) -> _Frame | None:
        candles = self._klines((pair, self._timeframe, self._type), copy=False)
        known = self._frames.get(pair)
        if known is not None and known.candles is candles:
            return known
        if candles.empty:
            return None
        known = self._frames[pair] = _Frame(candles, self._length)
        return known
