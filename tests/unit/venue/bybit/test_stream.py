import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import pytest
from aiohttp import ClientWebSocketResponse
from aiohttp.test_utils import TestClient, TestServer

from plimsoll.venue.api.server import Server
from plimsoll.venue.bybit.dialect import BybitDialect
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
    assert stream_of("tickers.BTCUSDT") == ""
