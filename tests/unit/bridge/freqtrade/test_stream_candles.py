"""A candle of a stream is taken for closed once the stream has begun the next one."""

from threading import RLock
from types import SimpleNamespace
from typing import Any

import pytest
from freqtrade.enums import CandleType
from freqtrade.exchange import Exchange, timeframe_to_prev_date
from freqtrade.exchange.exchange_ws import ExchangeWS
from freqtrade.util import dt_ts

from plimsoll.bridge.freqtrade.stream_candles import require_closed_candles

PAIR, MINUTE = "BTC/USDT:USDT", 60_000


class Streams:
    """What Freqtrade's ExchangeWS has received, without sockets."""

    def __init__(self, *opens: int) -> None:
        self.rows = [[open_ms, 1.0, 1.0, 1.0, 1.0, 1.0] for open_ms in opens]
        self.forgotten: list[Any] = []

    def _pop_history(self, paircomb: Any) -> None:
        self.rows = []
        self.forgotten.append(paircomb)

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
    made._pairs_last_refresh_time = {}
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


def test_what_a_silent_stream_had_sent_of_a_candle_is_forgotten() -> None:
    streams = Streams(opened(2), opened(1))
    guarded = exchange_with(streams)
    require_closed_candles(guarded)
    guarded._try_build_from_websocket(PAIR, "1m", CandleType.FUTURES)
    assert streams.forgotten == [(PAIR, "1m", CandleType.FUTURES)]


def test_a_stream_that_left_candles_out_is_not_taken_before_it_is_whole_again() -> None:
    streams = Streams(opened(4), opened(3), opened(0))  # it fell silent in the second
    guarded = exchange_with(streams)
    require_closed_candles(guarded)
    assert guarded._try_build_from_websocket(PAIR, "1m", CandleType.FUTURES) is None
    assert streams.forgotten
    streams.rows = Streams(opened(1), opened(0)).rows
    built = guarded._try_build_from_websocket(PAIR, "1m", CandleType.FUTURES)
    assert built == "taken from the stream"


def test_a_stream_that_began_after_what_the_bot_knows_is_not_taken() -> None:
    guarded = exchange_with(Streams(opened(1), opened(0)))
    require_closed_candles(guarded)
    key = (PAIR, "1m", CandleType.FUTURES)
    guarded._pairs_last_refresh_time = {key: opened(3)}  # the bot hung for two candles
    assert guarded._try_build_from_websocket(*key) is None


def test_a_stream_that_goes_on_where_the_bot_is_is_taken() -> None:
    guarded = exchange_with(Streams(opened(1), opened(0)))
    require_closed_candles(guarded)
    key = (PAIR, "1m", CandleType.FUTURES)
    guarded._pairs_last_refresh_time = {key: opened(2)}
    assert guarded._try_build_from_websocket(*key) == "taken from the stream"


def test_a_candle_after_which_the_next_has_begun_is_taken() -> None:
    streams = Streams(opened(2), opened(1), opened(0))
    guarded = exchange_with(streams)
    require_closed_candles(guarded)
    built = guarded._try_build_from_websocket(PAIR, "1m", CandleType.FUTURES)
    assert built == "taken from the stream"
    assert streams.forgotten == []


def test_freqtrade_can_forget_what_a_stream_has_sent() -> None:
    streams = ExchangeWS.__new__(ExchangeWS)
    streams._state_lock, streams._klines_last_refresh = RLock(), {}
    rows = [[opened(1), 1.0, 1.0, 1.0, 1.0, 1.0]]
    streams._ccxt_object = SimpleNamespace(ohlcvs={PAIR: {"1m": rows}})  # type: ignore[assignment]
    streams._pop_history((PAIR, "1m", CandleType.FUTURES))
    assert streams.ohlcvs(PAIR, "1m") == []


@pytest.mark.parametrize("rows", [(), (0,)])
def test_what_freqtrade_itself_refuses_stays_refused(rows: tuple[int, ...]) -> None:
    guarded = exchange_with(Streams(*rows))
    require_closed_candles(guarded)
    assert guarded._try_build_from_websocket(PAIR, "1m", CandleType.FUTURES) is None


def test_an_exchange_without_streams_stays_as_it_is() -> None:
    plain = exchange_with(None)
    require_closed_candles(plain)
    assert "_try_build_from_websocket" not in vars(plain)
