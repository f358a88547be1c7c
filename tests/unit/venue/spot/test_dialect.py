import asyncio
from typing import Any

import orjson
import pytest
from aiohttp.test_utils import TestClient, TestServer

from plimsoll.venue.api.server import Server
from plimsoll.venue.exchange import Exchange
from plimsoll.venue.keys import DEFAULT_PAIR, KeyPair, KeyRing
from plimsoll.venue.spot.dialect import PRIVATE, PUBLIC, SpotDialect, futures_name
from tests.unit.venue.markets import NOW_MS, exchange_at, pair_of_coins
from tests.unit.venue.spot.asking import near, signed

ACCOUNT, ORDER = "/api/v3/account", "/api/v3/order"
KEY = {"X-MBX-APIKEY": DEFAULT_PAIR.key}
BUY = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"}
READER = KeyPair("reader", "r", frozenset({"read"}))


@pytest.fixture
def exchange() -> Exchange:
    return exchange_at(market=pair_of_coins())


def answered(
    exchange: Exchange, method: str, path: str, *, times: int = 1, limits: bool = False, **more: Any
) -> tuple[int, Any, Any]:
    """Return status, JSON and headers of the last of equal requests to a server in this process."""

    async def run() -> tuple[int, Any, Any]:
        keys = KeyRing([DEFAULT_PAIR, READER])
        dialect = SpotDialect(exchange, keys, rate_limits=limits)
        server = Server(exchange, keys, dialects=(dialect,))
        async with TestClient(TestServer(server.application())) as client:
            for _ in range(times):
                async with client.request(method, path, **more) as response:
                    told = orjson.loads(await response.read())
        return response.status, told, dict(response.headers)

    return asyncio.run(run())


def test_a_signed_order_is_placed_by_query_or_by_form(exchange: Exchange) -> None:
    query = signed(NOW_MS, **BUY)
    status, told, headers = answered(exchange, "POST", f"{ORDER}?{query}", headers=KEY)
    assert (status, told["status"]) == (200, "FILLED")
    assert (headers["X-MBX-USED-WEIGHT-1M"], headers["X-MBX-ORDER-COUNT-10S"]) == ("1", "1")
    form = {**KEY, "Content-Type": "application/x-www-form-urlencoded"}
    assert answered(exchange, "POST", ORDER, data=query, headers=form)[0] == 200
    assert len(exchange.spot.wallet.orders) == 2


@pytest.mark.parametrize(
    ("query", "headers", "refusal"),
    [
        (signed(NOW_MS), {}, (401, -2014)),
        (signed(NOW_MS), {"X-MBX-APIKEY": "nobody"}, (401, -2015)),
        (signed(NOW_MS)[:-1] + "0z", KEY, (400, -1022)),
        (signed(NOW_MS - 60_000), KEY, (400, -1021)),
        (signed(NOW_MS + 60_000), KEY, (400, -1021)),
        ("", KEY, (400, -1102)),
    ],
)
def test_who_does_not_prove_who_he_is_is_refused(
    exchange: Exchange, query: str, headers: dict[str, str], refusal: tuple[int, int]
) -> None:
    status, told, _ = answered(exchange, "GET", f"{ACCOUNT}?{query}", headers=headers)
    assert (status, told["code"]) == refusal


def test_a_key_that_only_reads_does_not_trade(exchange: Exchange) -> None:
    headers = {"X-MBX-APIKEY": READER.key}
    query = signed(NOW_MS, READER)
    assert answered(exchange, "GET", f"{ACCOUNT}?{query}", headers=headers)[0] == 200
    query = signed(NOW_MS, READER, **BUY)
    status, told, _ = answered(exchange, "POST", f"{ORDER}?{query}", headers=headers)
    assert (status, told["code"]) == (401, -2015)
    assert exchange.spot.wallet.orders == {}


def test_old_trades_need_a_key_and_no_signature(exchange: Exchange) -> None:
    path = "/api/v3/historicalTrades?symbol=BTCUSDT"
    assert answered(exchange, "GET", path)[1]["code"] == -2014
    assert answered(exchange, "GET", path, headers=KEY)[0] == 200


@pytest.mark.parametrize("path", ["/api/v3/nothing", "/sapi/v1/nothing", "/api/v3/order"])
def test_an_unknown_path_is_404_and_the_contracts_keep_their_own(
    exchange: Exchange, path: str
) -> None:
    assert answered(exchange, "PUT", path)[0] == 404
    assert answered(exchange, "GET", "/fapi/v1/ping")[0] == 200


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("/fapi/v1/klines", "/api/v3/klines?symbol=BTCUSDT&interval=5m"),
        ("/fapi/v1/depth", "/api/v3/depth?symbol=BTCUSDT"),
        ("GET /api/v3/time", "/api/v3/time"),
        ("/api/v3/*", "/api/v3/ticker/24hr"),
    ],
)
def test_a_fault_hits_a_request_by_either_name(exchange: Exchange, pattern: str, path: str) -> None:
    options = {"kind": "http-error", "status": 500, "paths": [pattern], "count": 1}
    exchange.start_fault(options)
    assert answered(exchange, "GET", path)[0] == 500
    assert answered(exchange, "GET", path)[0] == 200


def test_faults_distort_what_spot_tells(exchange: Exchange) -> None:
    exchange.start_fault({"kind": "wrong-tick", "magnitude": -0.5})
    price = float(answered(exchange, "GET", "/api/v3/ticker/price?symbol=BTCUSDT")[1]["price"])
    assert price == pytest.approx(near(exchange, 0.5), rel=1e-3)
    bid = answered(exchange, "GET", "/api/v3/depth?symbol=BTCUSDT")[1]["bids"][0][0]
    assert float(bid) == pytest.approx(price, rel=1e-2)
    exchange.start_fault({"kind": "stale-candles"})
    path = "/api/v3/klines?symbol=BTCUSDT&interval=1m&limit=1"
    before = answered(exchange, "GET", path)[1]
    exchange.clock.step(300)
    assert answered(exchange, "GET", path)[1] == before
    exchange.start_fault({"kind": "clock-skew", "skew_seconds": 20})
    told = answered(exchange, "GET", "/api/v3/time")[1]["serverTime"]
    assert told == exchange.clock.now_ms() + 20_000


def test_an_outage_ends_every_answer() -> None:
    exchange = exchange_at()
    exchange.start_scenario("outage")
    assert answered(exchange, "GET", "/api/v3/time")[:2] == (
        503,
        {"code": -1000, "msg": "Service unavailable: outage scenario."},
    )


def test_limits_are_spots_own(exchange: Exchange) -> None:
    path = "/api/v3/depth?symbol=BTCUSDT&limit=1000"
    assert answered(exchange, "GET", path)[2]["X-MBX-USED-WEIGHT-1M"] == "50"
    status, told, headers = answered(exchange, "GET", "/api/v3/ticker/24hr", times=76, limits=True)
    assert (status, told["code"]) == (429, -1003)
    assert "6000" in told["msg"]
    assert "Retry-After" in headers


def test_every_path_has_a_name_among_the_contracts() -> None:
    assert futures_name(ACCOUNT) == "/fapi/v3/account"
    assert futures_name("/api/v3/ticker/24hr") == "/fapi/v1/ticker/24hr"
    assert not {path for _, path in PRIVATE} & set(PUBLIC)
