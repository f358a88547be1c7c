import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import pytest
from aiohttp import ClientWebSocketResponse
from aiohttp.test_utils import TestClient, TestServer

from plimsoll.venue.api.server import Server
from plimsoll.venue.bybit.dialect import BybitDialect
from plimsoll.venue.bybit.public import PUBLIC
from plimsoll.venue.bybit.stream import LINEAR_PATH, stream_of
from plimsoll.venue.exchange import Exchange
from plimsoll.venue.keys import KeyRing
from tests.unit.venue.markets import exchange_at

Talk = Callable[[ClientWebSocketResponse, BybitDialect], Awaitable[None]]


def connected(exchange: Exchange, talk: Talk) -> None:
    """Talk to the exchange over one WebSocket of a server in this process."""

    async def run() -> None:
        dialect = BybitDialect(exchange, KeyRing())
        server = Server(exchange, dialects=(dialect,))
        async with (
            TestClient(TestServer(server.application())) as client,
            client.ws_connect(LINEAR_PATH) as socket,
        ):
            await talk(socket, dialect)

    asyncio.run(asyncio.wait_for(run(), 20))


async def ask(socket: ClientWebSocketResponse, op: str, *topics: str) -> Any:
    await socket.send_json({"op": op, "args": list(topics), "req_id": 4})
    return await told(socket)


async def told(socket: ClientWebSocketResponse) -> Any:
    return orjson.loads(await socket.receive_str())


def test_candles_are_pushed_until_they_are_dropped() -> None:
    exchange = exchange_at()

    async def talk(socket: ClientWebSocketResponse, dialect: BybitDialect) -> None:
        answer = await ask(socket, "subscribe", "kline.5.BTCUSDT")
        assert (answer["success"], answer["req_id"], answer["op"]) == (True, "4", "subscribe")
        first = await told(socket)
        assert (first["topic"], first["type"]) == ("kline.5.BTCUSDT", "snapshot")
        assert first["data"][0]["confirm"] is False
        exchange.clock.step(300)
        dialect.hub.push()
        closed, forming = await told(socket), await told(socket)
        assert [one["data"][0]["confirm"] for one in (closed, forming)] == [True, False]
        assert closed["data"][0]["start"] == first["data"][0]["start"]
        assert (await ask(socket, "unsubscribe", "kline.5.BTCUSDT"))["success"]
        exchange.clock.step(300)
        dialect.hub.push()
        assert (await ask(socket, "ping"))["ret_msg"] == "pong"

    connected(exchange, talk)


@pytest.mark.parametrize(
    "topic", ["kline.7.BTCUSDT", "kline.5.NONEUSDT", "kline.5", "orderbook.50.BTCUSDT", ""]
)
def test_an_unknown_topic_is_refused(topic: str) -> None:
    async def talk(socket: ClientWebSocketResponse, dialect: BybitDialect) -> None:
        del dialect
        answer = await ask(socket, "subscribe", topic)
        assert answer["success"] is False
        assert "handler not found" in answer["ret_msg"]

    connected(exchange_at(), talk)


def test_what_is_no_request_is_refused() -> None:
    async def talk(socket: ClientWebSocketResponse, dialect: BybitDialect) -> None:
        del dialect
        await socket.send_str("hello")
        assert (await told(socket))["success"] is False
        assert (await ask(socket, "auth"))["ret_msg"] == "error:invalid op"

    connected(exchange_at(), talk)


def test_stale_candles_are_not_pushed() -> None:
    exchange = exchange_at()

    async def talk(socket: ClientWebSocketResponse, dialect: BybitDialect) -> None:
        await ask(socket, "subscribe", "kline.1.BTCUSDT")
        await told(socket)
        exchange.start_fault({"kind": "stale-candles"})
        exchange.clock.step(120)
        dialect.hub.push()
        assert (await ask(socket, "ping"))["ret_msg"] == "pong"

    connected(exchange, talk)


def test_topics_name_shared_feeds() -> None:
    assert stream_of("kline.60.BTCUSDT") == "btcusdt@kline_1h"
    assert stream_of("kline.M.BTCUSDT") == "btcusdt@kline_1M"
    assert stream_of("publicTrade.BTCUSDT") == "btcusdt@trade"
    assert stream_of("orderbook.1.BTCUSDT") == "btcusdt@bookTicker"
    none = ("tickers.BTCUSDT", "orderbook.200.BTCUSDT", "5.BTCUSDT", "kline.publicTrade.BTCUSDT")
    assert [stream_of(topic) for topic in none] == [""] * 4


def test_every_trade_is_pushed_once_as_rest_tells_it() -> None:
    exchange = exchange_at()

    async def talk(socket: ClientWebSocketResponse, dialect: BybitDialect) -> None:
        assert (await ask(socket, "subscribe", "publicTrade.BTCUSDT"))["success"]
        pushed = []
        for _ in range(3):
            exchange.clock.step(20)
            dialect.hub.push()
            pushed += [await told(socket) for _ in range(20)]
        assert {one["topic"] for one in pushed} == {"publicTrade.BTCUSDT"}
        rows = [row for one in pushed for row in one["data"]]
        asked = {"category": "linear", "symbol": "BTCUSDT", "limit": "60"}
        rest = PUBLIC["/v5/market/recent-trade"](exchange, asked, exchange.clock.now_ms())["list"]
        pairs = {"i": "execId", "p": "price", "v": "size", "S": "side"}
        for one, other in zip(rows, reversed(rest), strict=True):
            assert {name: one[name] for name in pairs} == {k: other[v] for k, v in pairs.items()}
            assert one["T"] == int(other["time"])
        prices = [float(row["p"]) for row in rows]
        ticks = [row["L"] for row in rows]
        for before, price, tick in zip(prices, prices[1:], ticks[1:], strict=False):
            named = {price > before: "PlusTick", price < before: "MinusTick"}
            assert tick == named.get(True, "ZeroPlusTick")

    connected(exchange, talk)


def test_the_first_level_of_the_book_is_pushed_whole() -> None:
    exchange = exchange_at()

    async def talk(socket: ClientWebSocketResponse, dialect: BybitDialect) -> None:
        await ask(socket, "subscribe", "orderbook.1.BTCUSDT")
        first = await told(socket)
        exchange.clock.step(5)
        dialect.hub.push()
        for one in (first, await told(socket)):
            assert (one["topic"], one["type"]) == ("orderbook.1.BTCUSDT", "snapshot")
            asked = {"category": "linear", "symbol": "BTCUSDT", "limit": "1"}
            book = PUBLIC["/v5/market/orderbook"](exchange, asked, one["ts"])
            assert (one["data"]["b"], one["data"]["a"]) == (book["b"], book["a"])

    connected(exchange, talk)
