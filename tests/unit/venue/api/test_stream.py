import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType
from aiohttp.test_utils import TestClient, TestServer

from plimsoll.venue.api.server import Server
from plimsoll.venue.api.stream import MAX_WAITING, Connection
from plimsoll.venue.exchange import Exchange
from tests.unit.venue.markets import exchange_at

Talk = Callable[[ClientWebSocketResponse, Server], Awaitable[None]]


@pytest.fixture
def exchange() -> Exchange:
    return exchange_at()


def connected(exchange: Exchange, path: str, talk: Talk) -> None:
    """Talk to the exchange over one WebSocket of a server in this process."""

    async def run() -> None:
        server = Server(exchange)
        async with (
            TestClient(TestServer(server.application())) as client,
            client.ws_connect(path) as socket,
        ):
            await talk(socket, server)

    asyncio.run(asyncio.wait_for(run(), 20))


async def ask(socket: ClientWebSocketResponse, method: str, *names: str) -> Any:
    await socket.send_json({"method": method, "params": list(names), "id": 1})
    return orjson.loads(await socket.receive_str())


def test_a_stream_in_the_url_is_pushed_with_its_name(exchange: Exchange) -> None:
    async def talk(socket: ClientWebSocketResponse, server: Server) -> None:
        first = orjson.loads(await socket.receive_str())
        assert first["stream"] == "btcusdt@kline_1m"
        exchange.clock.step(1)
        server.hub.push()
        second = orjson.loads(await socket.receive_str())
        assert second["data"]["E"] == first["data"]["E"] + 1000

    connected(exchange, "/stream?streams=btcusdt@kline_1m", talk)


def test_subscriptions_are_listed_until_they_are_dropped(exchange: Exchange) -> None:
    async def talk(socket: ClientWebSocketResponse, server: Server) -> None:
        assert await ask(socket, "SUBSCRIBE", "btcusdt@trade") == {"result": None, "id": 1}
        assert (await ask(socket, "LIST_SUBSCRIPTIONS"))["result"] == ["btcusdt@trade"]
        await ask(socket, "UNSUBSCRIBE", "btcusdt@trade")
        assert (await ask(socket, "LIST_SUBSCRIPTIONS"))["result"] == []
        exchange.clock.step(5)
        server.hub.push()
        assert exchange.stats.events == 0

    connected(exchange, "/ws", talk)


def test_an_unknown_stream_subscribes_to_none(exchange: Exchange) -> None:
    async def talk(socket: ClientWebSocketResponse, _: Server) -> None:
        answer = await ask(socket, "SUBSCRIBE", "btcusdt@trade", "nonesuch@trade")
        assert answer["error"]["msg"] == "Invalid request: unknown stream nonesuch@trade"
        assert (await ask(socket, "LIST_SUBSCRIPTIONS"))["result"] == []

    connected(exchange, "/ws", talk)


def test_an_unknown_method_and_broken_json_are_answered(exchange: Exchange) -> None:
    async def talk(socket: ClientWebSocketResponse, _: Server) -> None:
        assert "unknown method LEAVE" in (await ask(socket, "LEAVE"))["error"]["msg"]
        await socket.send_str("{")
        assert orjson.loads(await socket.receive_str())["error"]["code"] == 2

    connected(exchange, "/ws", talk)


def test_an_outage_closes_the_socket(exchange: Exchange) -> None:
    async def talk(socket: ClientWebSocketResponse, server: Server) -> None:
        exchange.start_scenario("outage")
        server.hub.push()
        assert (await socket.receive()).type is WSMsgType.CLOSE

    connected(exchange, "/ws", talk)


def test_a_reader_that_is_too_slow_loses_its_connection() -> None:
    async def run() -> None:
        connection = Connection(None, 1, combined=False)  # type: ignore[arg-type]
        for number in range(MAX_WAITING):
            connection.post("stream", number)
        assert connection.outbox.qsize() == MAX_WAITING
        connection.post("stream", "one too many")
        assert connection.outbox.qsize() == 1
        assert connection.outbox.get_nowait() is None

    asyncio.run(run())
