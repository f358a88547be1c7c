"""A candle of a stream is taken for closed once the stream has begun the next one."""

from typing import Any

import pytest
from freqtrade.enums import CandleType
from freqtrade.exchange import Exchange, timeframe_to_prev_date
from freqtrade.util import dt_ts

from plimsoll.bridge.freqtrade.stream_candles import require_closed_candles

PAIR, MINUTE = "BTC/USDT:USDT", 60_000


class Streams:
    """What Freqtrade's ExchangeWS has received, without sockets."""

    def __init__(self, *opens: int) -> None:
        self.rows = [[open_ms, 1.0, 1.0, 1.0, 1.0, 1.0] for open_ms in opens]

    def ohlcvs(self, pair: str, timeframe: str) -> list[list[float]]:
        return self.rows

    def get_ohlcv_with_refresh(
        self, pair: str, timeframe: str, candle_type: CandleType
    ) -> tuple[list[list[float]], float]:
        # Its last word came 20 s before the candle closed.
        return self.rows, dt_ts(timeframe_to_prev_date(timeframe)) - 20_000

    def get_ohlcv(self, *asked: Any) -> str:
        return "taken from the stream"


def exchange_with(streams: Streams | None) -> Any:
    made = Exchange.__new__(Exchange)
    made._exchange_ws = streams  # type: ignore[assignment]
    made.close = made.__del__ = lambda: None  # type: ignore[method-assign]
    return made


def opened(candles_ago: int) -> int:
    return dt_ts(timeframe_to_prev_date("1m")) - candles_ago * MINUTE


def test_freqtrade_alone_takes_a_candle_that_was_still_being_formed() -> None:
    alone = exchange_with(Streams(opened(2), opened(1)))
    built = alone._try_build_from_websocket(PAIR, "1m", CandleType.FUTURES)
    assert built == "taken from the stream"


def test_a_candle_that_was_still_being_formed_is_asked_for_over_http() -> None:
    guarded = exchange_with(Streams(opened(2), opened(1)))
    require_closed_candles(guarded)
    require_closed_candles(guarded)
    assert guarded._try_build_from_websocket(PAIR, "1m", CandleType.FUTURES) is None


def test_a_candle_after_which_the_next_has_begun_is_taken() -> None:
    guarded = exchange_with(Streams(opened(2), opened(1), opened(0)))
    require_closed_candles(guarded)
    built = guarded._try_build_from_websocket(PAIR, "1m", CandleType.FUTURES)
    assert built == "taken from the stream"


@pytest.mark.parametrize("rows", [(), (0,)])
def test_what_freqtrade_itself_refuses_stays_refused(rows: tuple[int, ...]) -> None:
    guarded = exchange_with(Streams(*rows))
    require_closed_candles(guarded)
    assert guarded._try_build_from_websocket(PAIR, "1m", CandleType.FUTURES) is None


def test_an_exchange_without_streams_stays_as_it_is() -> None:
    plain = exchange_with(None)
    require_closed_candles(plain)
    assert "_try_build_from_websocket" not in vars(plain)
