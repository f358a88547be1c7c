"""What ccxt.pro subscribes to for depth, and what becomes of the messages."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
from aiohttp import web

from plimsoll.archive.recording import Stream, pair_folder, read_gaps, read_recorded
from plimsoll.archive.streamed import CANNOT_BE, NOT_SENT
from plimsoll.lab.depth_stream import book_of, is_linear
from plimsoll.lab.recorder import Track, exchange_of
from tests.ports import free_port

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"


def message(symbol: str, number: int, **changed: Any) -> dict[str, Any]:
    whole = {
        "e": "depthUpdate",
        "E": 1000 + number,
        "T": 1000 + number,
        "s": symbol,
        "U": number,
        "u": number,
        "pu": number - 1,
        "b": [["99.0", "1.0"]],
        "a": [["101.0", "2.0"]],
    }
    return whole | changed


def market(name: str) -> dict[str, Any]:
    base = name.removesuffix("USDT")
    return {
        "id": name,
        "lowercaseId": name.lower(),
        "symbol": f"{base}/USDT:USDT",
        "base": base,
        "quote": "USDT",
        "settle": "USDT",
        "type": "swap",
        "swap": True,
        "spot": False,
        "contract": True,
        "linear": True,
    }


@asynccontextmanager
async def served(*messages: dict[str, Any]) -> AsyncIterator[tuple[str, list[dict[str, Any]]]]:
    """Serve a WebSocket that answers a subscription and then sends these messages at once."""
    asked: list[dict[str, Any]] = []

    async def serve(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for frame in socket:
            subscription = orjson.loads(frame.data)
            asked.append({"path": request.path, **subscription})
            await socket.send_json({"result": None, "id": subscription["id"]})
            for one in messages:
                await socket.send_json(one)
        return socket

    app = web.Application()
    app.router.add_get("/{path:.*}", serve)
    runner = web.AppRunner(app)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"ws://127.0.0.1:{port}/ws", asked
    finally:
        await runner.cleanup()


async def heard(*messages: dict[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return what was asked for and which books came."""
    async with served(*messages) as (url, asked):
        ccxt = {"urls": {"api": {"ws": {"linear": url}}}}
        exchange = exchange_of("binance", {"exchange": {"ccxt_config": ccxt}})
        exchange.set_markets([market("BTCUSDT"), market("ETHUSDT")])
        try:
            books: list[dict[str, Any]] = []
            while len(books) < len(messages):
                books += await asyncio.wait_for(exchange.watch_depth([BTC, ETH], 10), 30)
        finally:
            await exchange.close()
    return asked, books


def test_whole_books_are_subscribed_to_and_none_is_lost_when_many_come_at_once() -> None:
    sent = [message(name, number) for number in range(1, 101) for name in ("BTCUSDT", "ETHUSDT")]
    asked, books = asyncio.run(heard(*sent))
    [subscription] = asked
    assert subscription["params"] == ["btcusdt@depth10@100ms", "ethusdt@depth10@100ms"]
    assert subscription["path"].startswith("/public/ws/")
    for pair in (BTC, ETH):
        assert [book["nonce"] for book in books if book["symbol"] == pair] == list(range(1, 101))
    assert books[0] == book_of(message("BTCUSDT", 1), BTC)


def test_a_message_that_was_dropped_and_a_crossed_one_are_gaps_on_file(tmp_path: Path) -> None:
    asks = [[["101.0", str(number)]] for number in range(1, 7)]
    sent = [message("BTCUSDT", number, E=1000 * number, a=asks[number - 1]) for number in (1, 2, 4)]
    crossed = message("BTCUSDT", 5, E=5000, a=[["98.0", "1"]])
    last = message("BTCUSDT", 6, E=6000, a=asks[5])
    folder = pair_folder(tmp_path, BTC)
    track = Track(BTC, Stream.DEPTH, folder, is_numbered=True, levels=10)
    _, books = asyncio.run(heard(*sent, crossed, last))
    for book in books:
        track.hear_depth(book)
    track.flush(())
    gaps = [(gap.from_ms, gap.to_ms, gap.why) for gap in read_gaps(folder, Stream.DEPTH)]
    assert gaps == [(2000, 4000, NOT_SENT), (4000, 6000, CANNOT_BE)]
    assert list(read_recorded(tmp_path, BTC, Stream.DEPTH)["timestamp"]) == [1000, 2000, 4000, 6000]
    assert track.refused == 1


def test_what_is_no_time_is_none_and_what_lacks_is_none() -> None:
    assert book_of(message("BTCUSDT", 1, E="now"), BTC)["timestamp"] is None
    assert book_of({"e": "depthUpdate"}, BTC) == {
        "symbol": BTC,
        "timestamp": None,
        "nonce": None,
        "previous": None,
        "bids": None,
        "asks": None,
    }


def test_only_usd_m_contracts_have_it() -> None:
    exchange = exchange_of("binance", {})
    spot = {**market("BTCUSDT"), "symbol": "BTC/USDT", "swap": False, "spot": True}
    exchange.set_markets([market("BTCUSDT"), {**spot, "type": "spot", "linear": None}])
    assert is_linear(exchange, BTC)
    assert not is_linear(exchange, "BTC/USDT")
