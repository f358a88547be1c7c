import asyncio
import errno
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import pytest
from aiohttp.test_utils import TestClient, TestServer

from plimsoll.venue.api.server import Server, _refusal
from plimsoll.venue.exchange import Exchange
from plimsoll.venue.keys import READ, KeyPair, KeyRing, signature
from tests.support.venue_keys import HEADERS, KEY, SECRET, signed_query
from tests.unit.venue.markets import NOW_MS, exchange_at


@pytest.fixture
def exchange() -> Exchange:
    return exchange_at()


def answered(
    exchange: Exchange, method: str, path: str, *, keys: KeyRing | None = None, **more: Any
) -> tuple[int, Any]:
    """Return status and JSON of one request to a server in this process."""

    async def ask(client: TestClient[Any, Any]) -> tuple[int, Any]:
        async with client.request(method, path, **more) as response:
            return response.status, orjson.loads(await response.read())

    return _with_client(exchange, ask, keys)


def _with_client(
    exchange: Exchange,
    ask: Callable[[TestClient[Any, Any]], Awaitable[tuple[int, Any]]],
    keys: KeyRing | None = None,
    *,
    rate_limits: bool = False,
) -> tuple[int, Any]:
    async def run() -> tuple[int, Any]:
        async with TestClient(
            TestServer(Server(exchange, keys, rate_limits=rate_limits).application())
        ) as client:
            return await ask(client)

    return asyncio.run(run())


def test_an_unknown_path_is_refused_as_binance_does(exchange: Exchange) -> None:
    status, answer = answered(exchange, "GET", "/fapi/v1/nothing")
    assert (status, answer["code"]) == (404, -5000)


def test_a_signed_endpoint_needs_a_key_and_a_signature(exchange: Exchange) -> None:
    path = "/fapi/v2/balance"
    status, answer = answered(exchange, "GET", path)
    assert (status, answer["code"]) == (401, -2014)
    query = signed_query(NOW_MS)
    status, answer = answered(exchange, "GET", f"{path}?{query}", headers=HEADERS)
    assert (status, answer[0]["asset"]) == (200, "USDT")
    for changed, code in ((query + "0", -1022), (query.replace("signature", "sign"), -1102)):
        status, answer = answered(exchange, "GET", f"{path}?{changed}", headers=HEADERS)
        assert (status, answer["code"]) == (400, code)


def test_a_form_is_signed_together_with_the_query(exchange: Exchange) -> None:
    path, now = "/fapi/v1/leverage", f"timestamp={NOW_MS}"
    form = "symbol=BTCUSDT&leverage=7"
    proof = signature(SECRET, now + form)
    for body, status in (
        (f"{form}&signature={proof}", 200),
        (f"{form}0&signature={proof}", 400),
    ):
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        got = answered(exchange, "POST", f"{path}?{now}", headers=HEADERS | kind, data=body)
        assert got[0] == status
    assert exchange.account.position("BTCUSDT").leverage == 7


def test_a_key_that_only_reads_changes_nothing(exchange: Exchange) -> None:
    keys = KeyRing([KeyPair(KEY, SECRET, frozenset({READ}))])
    query = signed_query(NOW_MS, symbol="BTCUSDT", leverage=7)
    path = f"/fapi/v1/leverage?{query}"
    status, answer = answered(exchange, "POST", path, keys=keys, headers=HEADERS)
    assert (status, answer["code"]) == (401, -2015)
    reading = f"/fapi/v3/account?{signed_query(NOW_MS)}"
    assert answered(exchange, "GET", reading, keys=keys, headers=HEADERS)[0] == 200


def test_a_listen_key_needs_a_key_and_no_signature(exchange: Exchange) -> None:
    path = "/fapi/v1/listenKey"
    assert answered(exchange, "POST", path)[1]["code"] == -2014
    status, answer = answered(exchange, "POST", path, headers=HEADERS)
    assert (status, len(answer["listenKey"])) == (200, 64)
    assert answered(exchange, "GET", path, headers=HEADERS)[0] == 404


def test_limits_are_counted_in_the_headers_and_enforced_when_asked(exchange: Exchange) -> None:
    async def spend(client: TestClient[Any, Any]) -> tuple[int, Any]:
        used = []
        for _ in range(61):
            async with client.get("/fapi/v1/ticker/24hr") as response:
                used.append(response.headers["X-MBX-USED-WEIGHT-1M"])
        return response.status, (used[:2], response.headers.get("Retry-After"))

    assert _with_client(exchange, spend) == (200, (["40", "80"], None))
    wait = str(60 - NOW_MS // 1000 % 60)
    assert _with_client(exchange, spend, rate_limits=True) == (429, (["40", "80"], wait))


def test_a_refusal_is_counted(exchange: Exchange) -> None:
    status, answer = answered(exchange, "GET", "/fapi/v1/klines?symbol=NONE&interval=5m")
    assert (status, answer["code"]) == (400, -1121)
    assert (exchange.stats.requests, exchange.stats.refused) == (1, 1)
    assert exchange.stats.by_path == {"/fapi/v1/klines": 1}


def test_an_outage_answers_everything_but_the_controls_with_503(exchange: Exchange) -> None:
    exchange.start_scenario("outage")
    assert answered(exchange, "GET", "/fapi/v1/ping")[0] == 503
    assert answered(exchange, "GET", "/plimsoll/health")[0] == 200


@pytest.mark.parametrize("body", ["[]", "{", "3"])
def test_a_control_takes_a_json_object_only(exchange: Exchange, body: str) -> None:
    status, answer = answered(exchange, "POST", "/plimsoll/clock/step", data=body)
    assert status == 400
    assert answer["error"].startswith("expected a JSON object as body")


def test_an_unknown_control_lists_the_known_ones(exchange: Exchange) -> None:
    status, answer = answered(exchange, "GET", "/plimsoll/nothing")
    assert status == 404
    assert "POST /plimsoll/clock/step" in answer["error"]


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OSError(errno.EADDRINUSE, "taken"), "choose another --port"),
        (OSError(errno.EADDRNOTAVAIL, "away"), "give an address of this machine"),
        (socket.gaierror(-2, "Name or service not known"), "--host x (Name or service not known)"),
        (UnicodeError("label too long"), "--host x (label too long)"),
    ],
)
def test_a_failed_bind_blames_the_host_or_the_port(
    error: OSError | UnicodeError, message: str
) -> None:
    assert message in _refusal("x", 8900, error)
