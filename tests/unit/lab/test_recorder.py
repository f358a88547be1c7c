"""What a recorder asks of an exchange, and what a track does with what comes."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from ccxt.async_support.base.ws.cache import ArrayCache

from plimsoll.archive.recording import Stream, pair_folder, read_gaps, read_recorded
from plimsoll.archive.streamed import TRADES_KEPT
from plimsoll.core import PlimsollError, UsageError
from plimsoll.lab.recorder import (
    MOST_PATIENCE,
    NOT_RUNNING,
    Plan,
    Recorder,
    Track,
    exchange_of,
    require_streams,
)

BTC = "BTC/USDT:USDT"


def trade(number: int) -> dict[str, Any]:
    at = 1000 * number
    return {"id": str(number), "timestamp": at, "side": "buy", "price": 10.0, "amount": 1.0}


def track(folder: Path) -> Track:
    return Track(BTC, Stream.TRADES, pair_folder(folder, BTC), is_numbered=True)


def test_a_flush_appends_what_is_new_and_notes_what_is_missing(tmp_path: Path) -> None:
    one = track(tmp_path)
    one.flush([trade(1), trade(2)])
    one.flush([trade(1), trade(2), trade(5)])
    assert list(read_recorded(tmp_path, BTC, Stream.TRADES)["id"]) == ["1", "2", "5"]
    assert [gap.lost for gap in read_gaps(pair_folder(tmp_path, BTC), Stream.TRADES)] == [2]
    assert one.record()["gaps"] == 1
    assert one.record()["until"] == "1970-01-01T00:00:05.000+00:00"


def test_a_track_of_before_goes_on_and_notes_that_nobody_listened(tmp_path: Path) -> None:
    track(tmp_path).flush([trade(1), trade(2)])
    track(tmp_path).flush([trade(9)])
    [gap] = read_gaps(pair_folder(tmp_path, BTC), Stream.TRADES)
    assert (gap.why, gap.lost, gap.from_ms, gap.to_ms) == (NOT_RUNNING, 6, 2000, 9000)


def test_a_depth_track_keeps_levels_and_notes_a_book_that_was_left_out(tmp_path: Path) -> None:
    one = Track(BTC, Stream.DEPTH, pair_folder(tmp_path, BTC), is_numbered=True, levels=5)
    whole = {"bids": [["9", "1"], ["8", "2"]], "asks": [["10", "3"]]}
    one.hear_depth({"timestamp": 1000, "nonce": 1, "previous": 0, **whole})
    one.hear_depth({"timestamp": 1100, "nonce": 2, "previous": 1, **whole, "asks": [["9", "3"]]})
    one.hear_depth({"timestamp": 1200, "nonce": 3, "previous": 2, **whole, "asks": [["11", "3"]]})
    one.flush(())
    rows = read_recorded(tmp_path, BTC, Stream.DEPTH)
    assert [list(asks) for asks in rows["ask_prices"]] == [[10.0], [11.0]]
    [gap] = read_gaps(pair_folder(tmp_path, BTC), Stream.DEPTH)
    assert (gap.from_ms, gap.to_ms) == (1000, 1200)
    told = one.record()
    assert (told["messages"], told["rows"], told["refused"], told["gaps"]) == (3, 2, 1, 1)


def test_depth_is_recorded_from_binance_alone() -> None:
    with pytest.raises(UsageError, match="depth is recorded from Binance USD-M, not bybit"):
        asyncio.run(require_streams(exchange_of("bybit", {}), [BTC], [Stream.DEPTH]))


def test_depth_of_spot_is_refused_before_the_exchange_is_asked() -> None:
    with pytest.raises(UsageError, match="not from spot; leave it out"):
        asyncio.run(require_streams(exchange_of("binance", {}), ["BTC/USDT"], [Stream.DEPTH]))


def test_best_prices_that_come_without_a_time_are_refused_and_not_left_out_one_by_one() -> None:
    exchange = exchange_of("binance", {})
    message = {"u": 1, "s": "BTCUSDT", "b": "1.0", "B": "1", "a": "2.0", "A": "1"}
    assert exchange.parse_ws_ticker(message, "spot")["timestamp"] is None
    with pytest.raises(UsageError, match="tells no time; leave book out"):
        asyncio.run(require_streams(exchange, ["BTC/USDT"], [Stream.TRADES, Stream.BOOK]))


def test_the_exchange_is_asked_for_trades_as_freqtrade_fetches_them() -> None:
    config = {"trading_mode": "futures", "exchange": {"ccxt_config": {"options": {"x": 1}}}}
    exchange = exchange_of("binance", config)
    assert exchange.options["watchTradesForSymbols"] == {"name": "aggTrade"}
    assert exchange.options["defaultType"] == "swap"
    assert exchange.options["x"] == 1
    assert not exchange.apiKey


def test_an_exchange_without_streams_is_refused() -> None:
    with pytest.raises(UsageError, match="expected an exchange with streams"):
        exchange_of("nowhere", {})


def test_a_stream_that_an_exchange_lacks_is_refused() -> None:
    exchange = exchange_of("binance", {})
    exchange.has["watchBidsAsks"] = False
    with pytest.raises(UsageError, match="has no stream of book"):
        asyncio.run(require_streams(exchange, [BTC], [Stream.BOOK]))


def test_an_exchange_that_does_not_answer_is_told_in_one_line() -> None:
    nobody = "http://127.0.0.1:9"
    ccxt = {"httpsProxy": nobody, "timeout": 2000, "options": {"fetchCurrencies": False}}

    async def ask() -> None:
        exchange = exchange_of("binance", {"exchange": {"ccxt_config": ccxt}})
        try:
            await require_streams(exchange, [BTC], [Stream.TRADES])
        finally:
            await exchange.close()

    with pytest.raises(PlimsollError, match="binance does not answer") as told:
        asyncio.run(ask())
    assert "\n" not in str(told.value)


def test_ccxts_trades_are_taken_once_so_that_a_full_list_is_no_gap(tmp_path: Path) -> None:
    """Bybit numbers nothing: a list that stays full looked like an overflow at each flush."""
    recorder = Recorder(Plan("bybit", {}, [BTC], [Stream.TRADES], tmp_path), print)
    one = Track(BTC, Stream.TRADES, pair_folder(tmp_path, BTC), is_numbered=False)
    recorder.tracks = [one]
    exchange = exchange_of("bybit", {})
    exchange.trades[BTC] = kept = ArrayCache(TRADES_KEPT)
    for number in range(1, 3 * TRADES_KEPT):
        kept.append({**trade(number), "symbol": BTC})
        if number % (TRADES_KEPT // 2) == 0:
            recorder._flush(exchange)
    assert one.gaps == 0
    assert one.recording.rows == one.messages == 5 * TRADES_KEPT // 2
    for number in range(3 * TRADES_KEPT, 5 * TRADES_KEPT):  # more than it keeps
        kept.append({**trade(number), "symbol": BTC})
    recorder._flush(exchange)
    assert one.gaps == 1


def test_a_pair_that_stays_silent_does_not_break_the_others_again_and_again(
    tmp_path: Path,
) -> None:
    plan = Plan("binance", {}, [BTC], [Stream.BOOK], tmp_path, silence_seconds=10)
    recorder = Recorder(plan, lambda line: None)
    one = Track(BTC, Stream.BOOK, pair_folder(tmp_path, BTC), is_numbered=True)
    recorder.tracks = [one]
    closed: list[int] = []

    class Exchange:
        async def close(self) -> None:
            closed.append(one.patience)

    for _ in range(10):
        one.heard_at -= 10 * one.patience - 5
        asyncio.run(recorder._mind_silence(Exchange()))
        one.heard_at -= 10
        asyncio.run(recorder._mind_silence(Exchange()))
    assert closed == [2, 4, 8, 16, 32] + [MOST_PATIENCE] * 5
    one.hear_quote({"timestamp": 1000, "bid": 1.0, "ask": 2.0, "bidVolume": 1, "askVolume": 1})
    assert one.patience == 1


def test_a_message_that_ccxt_cannot_parse_is_told_and_the_watcher_goes_on(tmp_path: Path) -> None:
    told: list[str] = []
    recorder = Recorder(Plan("binance", {}, [BTC], [Stream.DEPTH], tmp_path), told.append)
    one = Track(BTC, Stream.DEPTH, pair_folder(tmp_path, BTC), is_numbered=True)
    recorder.tracks = [one]

    class Exchange:
        async def watch_depth(self, pairs: object, levels: object) -> object:
            raise TypeError("unsupported operand")

    async def watch() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(recorder._watch(Exchange(), Stream.DEPTH), 0.2)

    asyncio.run(watch())
    assert told == ["depth: TypeError: unsupported operand; again in 1 s"]
    assert one.quotes.broken == "TypeError: unsupported operand"
