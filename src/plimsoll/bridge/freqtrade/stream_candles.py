"""Takes a candle from a WebSocket only once the stream has begun the next one.

Freqtrade takes the newest candle that a stream has sent for closed as soon as its time is over,
also where the last message on it is up to half a candle old: of a stream that fell silent it would
trade on a candle that was still being formed, and it does not ask again until the next one closes.
(`freqtrade.exchange.Exchange._try_build_from_websocket`.) With this it asks over HTTP instead.

What such a stream had sent is forgotten: when it goes on it does not finish that candle, and
Freqtrade would put the half of it in the place of what it was told over HTTP.
"""

import logging
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from freqtrade.exchange import timeframe_to_msecs, timeframe_to_prev_date
from freqtrade.util import dt_ts

logger = logging.getLogger(__name__)


def require_closed_candles(exchange: Any) -> None:
    """Let an exchange object of Freqtrade's take closed candles only from its streams, from now on.

    Without streams (``enable_ws`` off, or off for this exchange) nothing changes. A second call
    changes nothing either.
    """
    streams = getattr(exchange, "_exchange_ws", None)
    if streams is None:
        return

    def build(pair: str, timeframe: str, candle_type: Any) -> Any:
        known = exchange._pairs_last_refresh_time.get((pair, timeframe, candle_type))  # noqa: SLF001
        fault = _fault(streams.ohlcvs(pair, timeframe), timeframe, known)
        if fault is not None:
            logger.info(
                "plimsoll: the stream of %s, %s %s; asked over HTTP", pair, timeframe, fault
            )
            streams._pop_history((pair, timeframe, candle_type))  # noqa: SLF001 - its only way
            return None
        kind = type(exchange)
        return kind._try_build_from_websocket(exchange, pair, timeframe, candle_type)  # noqa: SLF001

    exchange._try_build_from_websocket = build  # noqa: SLF001 - Freqtrade has no hook for it


def _fault(candles: Sequence[Sequence[Any]], timeframe: str, known: int | None) -> str | None:
    """Return why a stream's candles cannot be taken; ``None`` where they can, or there are none.

    ``known`` is when the newest candle opened that the bot has already.
    """
    opened = [candle[0] for candle in candles]
    if opened and opened[-1] < dt_ts(timeframe_to_prev_date(timeframe)):
        return "has not begun the next candle"
    length = timeframe_to_msecs(timeframe)
    if opened and known is not None and opened[0] > known + length:
        return "began too late"  # Freqtrade would fill what is between with candles of no trade
    if any(after - before != length for before, after in pairwise(opened)):
        return "left candles out"  # it was silent, and the one before them was not finished
    return None
