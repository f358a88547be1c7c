"""What a running bot saw: the newest candle of every pair, and the signals on it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pandas as pd

from plimsoll.bridge.state import locks
from plimsoll.bridge.state.recorder import Record
from plimsoll.core import Side
from plimsoll.journal.kind import Kind


class CandleRecord:
    """Records each analysed candle once, every pair in one row.

    Parameters
    ----------
    strategy
        Whose data provider has the analysed candles.
    record
        Writes to the decision log.
    """

    def __init__(self, strategy: Any, record: Record) -> None:
        self._strategy, self._record = strategy, record
        self._dates: dict[str, pd.Timestamp] = {}
        self._frames: dict[str, pd.DataFrame] = {}

    def lacks(self, pair: str) -> bool:
        """Return whether a pair was analysed since the last writing."""
        return self._analysed(pair) is not self._frames.get(pair)

    def write(self, now: datetime) -> None:
        """Record what was analysed since; a pair without the newest candle is stale."""
        frames = {pair: self._analysed(pair) for pair in self._strategy.dp.current_whitelist()}
        if all(frame is self._frames.get(pair) for pair, frame in frames.items()):
            return
        dates: dict[str, Any] = {
            pair: frame["date"].iloc[-1] for pair, frame in frames.items() if not frame.empty
        }
        news = {pair for pair, date in dates.items() if self._dates.get(pair) != date}
        if news:
            self._write_news(news, frames, dates, now)
        self._dates.update(dates)
        self._frames = frames

    def _write_news(
        self,
        news: set[str],
        frames: Mapping[str, pd.DataFrame],
        dates: Mapping[str, Any],
        now: datetime,
    ) -> None:
        newest, locked = max(dates.values()), locks.locked_because(now)
        rows: dict[str, Any] = {}
        for pair, frame in frames.items():
            rows[pair] = {"signal": "stale", "locked": locked(pair)}
            if pair not in dates:
                continue
            signal, tag = _signal(frame), _newest(frame, "enter_tag")
            if pair in news and signal != "none":  # also one that is late: the bot trades on it
                self._record(Kind.SIGNAL, now, pair=pair, side=signal, tag=tag, candle=dates[pair])
            if dates[pair] == newest:
                rows[pair]["signal"] = signal
                rows[pair] |= {} if signal == "none" else {"tag": tag}
        self._record(Kind.CANDLE, now, candle=newest, pairs=rows)

    def _analysed(self, pair: str) -> pd.DataFrame:
        frame, _ = self._strategy.dp.get_analyzed_dataframe(pair, self._strategy.timeframe)
        return frame


def _signal(candles: pd.DataFrame) -> str:
    for side in Side:
        if _newest(candles, f"enter_{side.value}") == 1:
            return side.value
    return "none"


def _newest(candles: pd.DataFrame, column: str) -> Any:
    return candles[column].iloc[-1] if column in candles.columns else None
