"""What other bots send a bot that trades on their signals (Freqtrade's message bus).

``get_producer_df`` answers with an empty frame where nothing was received, and with the last one
for as long as the bot runs, however long ago its producer died (freqtrade#12790). Strategies go on
with either. Here each entry is judged by the frame that the analysis had.
"""

import logging
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
from freqtrade.data.dataprovider import DataProvider
from freqtrade.strategy import timeframe_to_seconds

from plimsoll.bridge.config.settings import FeedSettings, PlimsollSettings
from plimsoll.candles.producer_frame import Wanted, producer_fault

logger = logging.getLogger(__name__)

Own = tuple[datetime, float | None]
"""When the newest candle closed, and at which price; ``None`` where that is not known."""


class ProducerFrames:
    """The frames of a bot's producers, and since when the bot has had each of their candles."""

    def __init__(
        self,
        data: DataProvider,
        names: list[str],
        settings: FeedSettings,
        *,
        timeframe: str,
        candle_seconds: int,
        max_delay_seconds: float,
    ) -> None:
        self._names, self._data, self._settings = names, data, settings
        self._timeframe, self._length = timeframe, timedelta(seconds=candle_seconds)
        self._delay = timedelta(seconds=max_delay_seconds)
        self._had_since: dict[tuple[str, str], tuple[datetime, datetime]] = {}

    def look(self, pairs: Iterable[str], now: datetime) -> None:
        """Note at the beginning of a loop, before its analysis, which candles have come."""
        for pair in pairs:
            for name in self._names:
                frame = self._frame(name, pair)
                if frame.empty or "date" not in frame:
                    continue
                with suppress(ValueError, TypeError):  # no time: it is not had, and `fault` says so
                    newest = pd.Timestamp(frame["date"].iloc[-1])
                    had = self._had_since.get((name, pair))
                    if had is None or had[0] != newest:
                        self._had_since[name, pair] = newest, now

    def fault(self, pair: str, own: Own, now: datetime, *, is_asked: bool) -> str | None:
        """Return why nothing may be entered by the producers' candles; ``None`` when it may.

        ``own`` is when the bot's own newest candle closed, and at which price. ``is_asked``: an
        entry by it is asked about, so the analysis must have had that very candle of the
        producer's. Else a loop looks at all pairs, and the producer's candle may still be late.
        """
        faults = [self._judged(name, pair, own, now, is_asked=is_asked) for name in self._names]
        found = [fault for fault in faults if fault is not None]
        if not found or (self._settings.need == "any" and len(found) < len(self._names)):
            return None
        return "; ".join(found)

    def _judged(
        self, name: str, pair: str, own: Own, now: datetime, *, is_asked: bool
    ) -> str | None:
        """Judge a frame, whatever is in it: another bot's mistake blinds nobody here."""
        try:
            return self._fault_of(name, pair, own, now, is_asked=is_asked)
        except Exception as error:
            logger.exception("plimsoll: the frame of the producer %s for %s", name, pair)
            return (
                f"the producer {name} sends a frame of {pair} that cannot be judged: "
                f"{type(error).__name__}: {error}"
            )

    def _fault_of(
        self, name: str, pair: str, own: Own, now: datetime, *, is_asked: bool
    ) -> str | None:
        wanted = Wanted(
            name,
            pair,
            self._timeframe,
            int(self._length.total_seconds()),
            self._settings.columns,
            self._settings.max_close_gap_fraction,
        )
        frame, (closed_at, close) = self._frame(name, pair), own
        if not frame.empty and "date" in frame and (latest := frame["date"].max()) > now:
            return f"the producer {name} sends a candle of {pair} from the future, opened {latest}"
        fault = producer_fault(frame, wanted, closed_at=closed_at, close=close)
        if is_asked:
            return fault or self._unseen(name, pair, closed_at)
        if fault is None or now - closed_at > self._delay:
            return fault
        return producer_fault(frame, wanted, closed_at=closed_at - self._length, close=None)

    def _unseen(self, name: str, pair: str, closed_at: datetime) -> str | None:
        """Say that the analysis which gave the signal cannot have had the producer's candle."""
        opened = closed_at - self._length
        newest, since = self._had_since.get((name, pair), (None, None))
        if newest is None or since is None or newest < opened:
            return (
                f"the producer {name}'s candle of {pair} came after the signal; the next loop may "
                "trade on it"
            )
        _, analysed_at = self._data.get_analyzed_dataframe(pair, self._timeframe)
        if analysed_at >= since:
            return None
        return (
            f"{pair} was analysed at {analysed_at:%H:%M:%S}, before the producer {name}'s candle "
            f"was there ({since:%H:%M:%S}); a consumer's process_only_new_candles must be False"
        )

    def _frame(self, name: str, pair: str) -> pd.DataFrame:
        frame, _ = self._data.get_producer_df(pair, self._timeframe, producer_name=name)
        return frame


def producers_of(strategy: Any, settings: PlimsollSettings) -> ProducerFrames | None:
    """Return the frames of a bot's producers; ``None`` for a bot that trades on its own signals."""
    section = strategy.config.get("external_message_consumer") or {}
    if not section.get("enabled", False):
        return None
    return ProducerFrames(
        strategy.dp,
        [str(producer["name"]) for producer in section.get("producers", ())],
        settings.feed,
        timeframe=strategy.timeframe,
        candle_seconds=timeframe_to_seconds(strategy.timeframe),
        max_delay_seconds=settings.risk.max_candle_delay_seconds,
    )
