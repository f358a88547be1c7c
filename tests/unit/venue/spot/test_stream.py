import asyncio
from typing import Any

import orjson
import pytest
from aiohttp.test_utils import TestClient, TestServer

from plimsoll.venue.api.server import Server
from plimsoll.venue.keys import KeyRing
from plimsoll.venue.spot.dialect import SpotDialect
from tests.unit.venue.markets import exchange_at


def told(path: str, *names: str, count: int = 1) -> list[Any]:
    """Return the first messages after subscribing over a WebSocket of a server in this process."""

    async def run() -> list[Any]:
        exchange = exchange_at()
        server = Server(exchange, dialects=(SpotDialect(exchange, KeyRing()),))
        async with (
            TestClient(TestServer(server.application())) as client,
            client.ws_connect(path) as socket,
        ):
            if names:
                await socket.send_json({"method": "SUBSCRIBE", "params": list(names), "id": 4})
            return [orjson.loads(await socket.receive_str()) for _ in range(count)]

    return asyncio.run(asyncio.wait_for(run(), 20))


def test_candles_are_served_as_ccxt_and_freqtrade_ask_for_them() -> None:
    answer, candle = told("/spot/ws/0", "btcusdt@kline_5m", count=2)
    assert answer == {"result": None, "id": 4}
    assert (candle["e"], candle["s"], candle["k"]["i"]) == ("kline", "BTCUSDT", "5m")


def test_a_combined_stream_names_its_streams() -> None:
    [candle] = told("/spot/stream?streams=btcusdt@kline_5m")
    assert candle["stream"] == "btcusdt@kline_5m"


@pytest.mark.parametrize(
    "name", ["btcusdt@markPrice", "btcusdt@kline_7m", "noneusdt@kline_5m", "btcusdt@depth", "x"]
)
def test_what_spot_lacks_is_refused(name: str) -> None:
    [answer] = told("/spot/ws", name)
    assert "unknown stream" in answer["error"]["msg"]
