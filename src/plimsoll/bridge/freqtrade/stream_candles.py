"""Takes a candle from a WebSocket only once the stream has begun the next one.

Freqtrade takes the newest candle that a stream has sent for closed as soon as its time is over,
also where the last message on it is up to half a candle old: of a stream that fell silent it would
trade on a candle that was still being formed, and it does not ask again until the next one closes.
(`freqtrade.exchange.Exchange._try_build_from_websocket`.) With this it asks over HTTP instead.
"""

import logging
from typing import Any

from freqtrade.exchange import timeframe_to_prev_date
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
        candles = streams.ohlcvs(pair, timeframe)
        if candles and candles[-1][0] < dt_ts(timeframe_to_prev_date(timeframe)):
            logger.info(
                "plimsoll: the stream of %s, %s has not begun the next candle; asked over HTTP",
                pair,
                timeframe,
            )
            return None
        kind = type(exchange)
        return kind._try_build_from_websocket(exchange, pair, timeframe, candle_type)  # noqa: SLF001

    exchange._try_build_from_websocket = build  # noqa: SLF001 - Freqtrade has no hook for it
