"""What a replay replaces in Freqtrade for speed; each is equal to what it replaces.

``plimsoll replay --plain`` replaces nothing. Each replacement has a test that compares it with the
original on real candles; a whole run has the same hash with and without.
"""

import gc
from collections.abc import Callable
from typing import Any

import pandas as pd
from freqtrade.enums import CandleType
from freqtrade.exchange import timeframe_to_msecs
from freqtrade.exchange.exchange import Exchange

from plimsoll.bridge.freqtrade.candle_append import appended
from plimsoll.bridge.freqtrade.replay_analysis import (
    analyse_new_frames,
    enter_where_marked,
    tell_frames_to_listeners,
)
from plimsoll.bridge.freqtrade.replay_database import (
    Changes,
    keep_values,
    remember_locks,
    remember_trades,
    remember_unknown_fees,
    skip_empty_commits,
    trust_the_disk,
)
from plimsoll.bridge.freqtrade.replay_requests import Sent, call_before_requests, remember_books

PRICE_TYPES = (CandleType.SPOT, CandleType.FUTURES)


AtEnd = Callable[[Callable[[], None]], None]
Also = Callable[[AtEnd, Changes], None]


def replace_slow_parts(
    at_end: AtEnd, before_request: Callable[[], None], also: Also | None = None
) -> None:
    """Replace them for the rest of this process; not to be called twice.

    Parameters
    ----------
    at_end
        Takes what has to be done before the bot ends.
    before_request
        What has to be done before each request to the exchange.
    also
        Replaces what is not Freqtrade's.
    """
    keep_text_in_python()
    fetch_only_new_candles()
    append_candles()
    analyse_new_frames()
    enter_where_marked()
    tell_frames_to_listeners()
    sent = Sent()
    call_before_requests(before_request, sent)
    remember_books(sent)
    trust_the_disk()
    changes = Changes()
    changes.listen()
    skip_empty_commits(changes)
    remember_trades(changes)
    remember_unknown_fees(changes)
    remember_locks(changes)
    keep_values(at_end)
    if also is not None:
        also(at_end, changes)
    spare_the_collector()


def keep_text_in_python() -> None:
    """Let pandas keep text as Python objects, of the same type ``str`` and with the same values.

    A frame's column names are text as well: in Arrow's storage each access of a column by name
    costs a conversion.
    """
    pd.options.mode.string_storage = "python"


def fetch_only_new_candles() -> None:
    """Ask for candles from the newest known one on, instead of the last 500 each time.

    The exchange's past does not change, so the rest of the answer is what is known already.
    """
    fetch = Exchange._async_get_candle_history  # noqa: SLF001

    async def from_the_newest(
        self: Exchange,
        pair: str,
        timeframe: str,
        candle_type: CandleType,
        since_ms: int | None = None,
    ) -> Any:
        key = (pair, timeframe, candle_type)
        if since_ms is None and candle_type in PRICE_TYPES and key in self._klines:
            since_ms = self._pairs_last_refresh_time.get(key)
        return await fetch(self, pair, timeframe, candle_type, since_ms)

    Exchange._async_get_candle_history = from_the_newest  # type: ignore[method-assign]  # noqa: SLF001


def append_candles() -> None:
    """Append new candles to those cleaned before; where they need cleaning, clean as before."""
    process = Exchange._process_ohlcv_df  # noqa: SLF001

    def processed(
        self: Exchange,
        pair: str,
        timeframe: str,
        c_type: CandleType,
        ticks: list[list[Any]],
        cache: bool,  # noqa: FBT001 - Freqtrade's own signature
        drop_incomplete: bool,  # noqa: FBT001
        fetch_start_ms: int,
    ) -> pd.DataFrame:
        key = (pair, timeframe, c_type)
        old = self._klines.get(key) if cache and c_type in PRICE_TYPES else None
        given = (pair, timeframe, c_type, ticks, cache, drop_incomplete, fetch_start_ms)
        if old is None or not ticks:
            return process(self, *given)
        interval_ms = timeframe_to_msecs(timeframe)
        forming_ms = fetch_start_ms // interval_ms * interval_ms
        # Only the plain case: the last candle is the forming one, and is dropped.
        if not drop_incomplete or ticks[-1][0] != forming_ms or len(ticks) < 2:
            return process(self, *given)
        limit = self.ohlcv_candle_limit(timeframe, self._config["candle_type_def"])
        keep = limit + self._startup_candle_count
        frame = appended(old, ticks[:-1], interval_ms, keep)
        if frame is None:
            return process(self, *given)
        self._pairs_last_poll_time[key] = fetch_start_ms
        self._pairs_last_refresh_time[key] = ticks[-2][0]
        self._klines[key] = frame
        return frame

    Exchange._process_ohlcv_df = processed  # type: ignore[method-assign]  # noqa: SLF001


def spare_the_collector() -> None:
    """Leave what is loaded by now out of the search for garbage: it stays until the end."""
    gc.collect()
    gc.freeze()
