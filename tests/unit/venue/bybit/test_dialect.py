import asyncio
from typing import Any

import orjson
import pytest
from aiohttp.test_utils import TestClient, TestServer

from plimsoll.venue.api.server import Server
from plimsoll.venue.bybit.dialect import BybitDialect
from plimsoll.venue.exchange import Exchange
from plimsoll.venue.keys import KeyRing
from tests.unit.venue.bybit.asking import buy, headers, stop
from tests.unit.venue.markets import NOW_MS, exchange_at

BALANCE, QUERY = "/v5/account/wallet-balance", "accountType=UNIFIED"
CREATE = "/v5/order/create"


@pytest.fixture
def exchange() -> Exchange:
    return exchange_at()


def answered(
    exchange: Exchange, method: str, path: str, *, rate_limits: bool = False, **more: Any
) -> tuple[int, Any, Any]:
    """Return status, JSON (or text) and headers of one request to a server in this process."""

    async def run() -> tuple[int, Any, Any]:
        dialect = BybitDialect(exchange, KeyRing(), rate_limits=rate_limits)
        server = Server(exchange, dialects=(dialect,))
        async with (
            TestClient(TestServer(server.application())) as client,
            client.request(method, path, **more) as response,
        ):
            body = await response.read()
            is_json = response.content_type == "application/json"
            told = orjson.loads(body) if is_json else body.decode()
            return response.status, told, dict(response.headers)

    return asyncio.run(run())


def test_a_signed_question_is_answered_with_its_limits(exchange: Exchange) -> None:
    status, told, sent = answered(
        exchange, "GET", f"{BALANCE}?{QUERY}", headers=headers(NOW_MS, QUERY)
    )
    assert (status, told["retCode"], sent["X-Bapi-Limit"]) == (200, 0, "50")
    assert told["time"] == NOW_MS


def test_an_order_is_placed_by_its_json_body(exchange: Exchange) -> None:
    body = '{"category":"linear","symbol":"BTCUSDT","side":"Buy","orderType":"Market","qty":"0.1"}'
    status, told, _ = answered(exchange, "POST", CREATE, data=body, headers=headers(NOW_MS, body))
    assert (status, told["retCode"]) == (200, 0)
    assert exchange.account.position("BTCUSDT").amount == 0.1
    for wrong, code in ((body.replace("0.1", "0.2"), 10004), ("{", 10004)):
        _, told, _ = answered(exchange, "POST", CREATE, data=wrong, headers=headers(NOW_MS, body))
        assert told["retCode"] == code
    _, told, _ = answered(exchange, "POST", CREATE, data="{", headers=headers(NOW_MS, "{"))
    assert told["retCode"] == 10001
    assert exchange.account.position("BTCUSDT").amount == 0.1


def test_refusals_come_in_the_envelope(exchange: Exchange) -> None:
    status, told, _ = answered(exchange, "GET", f"{BALANCE}?{QUERY}")
    assert (status, told["retCode"], told["result"]) == (401, 10003, {})
    query = "category=linear&symbol=NONEUSDT&interval=5"
    status, told, _ = answered(exchange, "GET", f"/v5/market/kline?{query}")
    assert (status, told["retCode"]) == (200, 10001)


@pytest.mark.parametrize(("method", "path"), [("GET", "/v5/nothing"), ("GET", CREATE)])
def test_an_unknown_path_is_404_and_binance_keeps_its_own(
    exchange: Exchange, method: str, path: str
) -> None:
    assert answered(exchange, method, path)[0] == 404
    assert answered(exchange, "GET", "/fapi/v1/ping")[0] == 200


def test_an_outage_and_a_fault_are_no_json(exchange: Exchange) -> None:
    path = "/v5/market/time"
    exchange.start_fault({"kind": "http-error", "status": 503, "count": 1})
    assert answered(exchange, "GET", path)[:2] == (503, "Service Unavailable: fault.")
    exchange.start_fault({"kind": "http-error", "status": 429, "count": 1})
    status, told, _ = answered(exchange, "GET", path)
    assert (status, told["retCode"]) == (200, 10006)
    exchange.start_scenario("outage")
    assert answered(exchange, "GET", path)[0] == 503


def test_a_fault_hits_a_request_by_either_name(exchange: Exchange) -> None:
    for pattern, query in (
        ("/fapi/v1/klines", "/v5/market/kline?category=linear&symbol=BTCUSDT&interval=5"),
        ("/fapi/v1/depth", "/v5/market/orderbook?category=linear&symbol=BTCUSDT"),
        ("GET /v5/market/time", "/v5/market/time"),
    ):
        fault = exchange.start_fault(
            {"kind": "http-error", "status": 500, "paths": [pattern], "count": 1}
        )
        assert answered(exchange, "GET", query)[0] == 500
        assert (fault.met, fault.hits) == (1, 1)


def test_cancelling_a_stop_goes_by_the_name_of_conditional_orders(exchange: Exchange) -> None:
    buy(exchange, 0.1)
    order_id = stop(exchange)
    paths = ["DELETE /fapi/v1/algoOrder"]
    exchange.start_fault({"kind": "http-error", "status": 503, "paths": paths, "count": 1})
    body = f'{{"category":"linear","symbol":"BTCUSDT","orderId":"{order_id}"}}'
    sent = {"data": body, "headers": headers(NOW_MS, body)}
    assert answered(exchange, "POST", "/v5/order/cancel", **sent)[0] == 503
    assert answered(exchange, "POST", "/v5/order/cancel", **sent)[1]["retCode"] == 0


def test_an_answer_may_be_withheld_after_the_order(exchange: Exchange) -> None:
    exchange.start_fault(
        {"kind": "no-answer", "after_acceptance": True, "hold_seconds": 0.01, "count": 1}
    )
    body = '{"category":"linear","symbol":"BTCUSDT","side":"Buy","orderType":"Market","qty":"0.1"}'
    with pytest.raises(Exception, match="disconnected"):
        answered(exchange, "POST", CREATE, data=body, headers=headers(NOW_MS, body))
    assert exchange.account.position("BTCUSDT").amount == 0.1
