"""Bybit v5 over HTTP: one dispatcher over the pure endpoints under /v5."""

from aiohttp import web

from plimsoll.venue.api.dialect import json_response
from plimsoll.venue.api.stream import Hub
from plimsoll.venue.bybit.account import ACCOUNT
from plimsoll.venue.bybit.envelope import (
    SERVER_ERROR,
    TOO_MANY,
    BybitError,
    Result,
    envelope,
    order_number,
    translated,
)
from plimsoll.venue.bybit.orders import CREATE, ORDERS, Private, places_conditional
from plimsoll.venue.bybit.parameters import texts
from plimsoll.venue.bybit.public import PUBLIC
from plimsoll.venue.bybit.rate_limits import RateLimits
from plimsoll.venue.bybit.settings import SETTINGS
from plimsoll.venue.bybit.signing import SignedRequest, check, signed_request
from plimsoll.venue.bybit.stream import BybitHub
from plimsoll.venue.errors import ApiError
from plimsoll.venue.exchange import Exchange
from plimsoll.venue.faults import RATE_LIMITS, Fault
from plimsoll.venue.keys import READ, TRADE, KeyRing, Request

PREFIX = "/v5/"
FEES = (0.0002, 0.00055)
"""Bybit's fees of linear contracts for a regular account, maker and taker, as fractions of the
notional."""
PRIVATE: dict[tuple[str, str], Private] = {**ACCOUNT, **ORDERS, **SETTINGS}
ALSO = {
    "/v5/market/kline": "/fapi/v1/klines",
    "/v5/market/mark-price-kline": "/fapi/v1/markPriceKlines",
    "/v5/market/orderbook": "/fapi/v1/depth",
    "/v5/market/tickers": "/fapi/v1/ticker/24hr",
    "/v5/market/funding/history": "/fapi/v1/fundingRate",
    "/v5/market/instruments-info": "/fapi/v1/exchangeInfo",
    "/v5/position/list": "/fapi/v3/positionRisk",
    "/v5/account/wallet-balance": "/fapi/v3/account",
    "/v5/position/set-leverage": "/fapi/v1/leverage",
    "/v5/execution/list": "/fapi/v1/userTrades",
    "/v5/order/history": "/fapi/v1/allOrders",
}
"""The names that a request has in Binance's dialect: a fault that names those hits it too."""


class BybitDialect:
    """Answer as Bybit v5 does for linear contracts, to those who hold one of the keys."""

    def __init__(self, exchange: Exchange, keys: KeyRing, *, rate_limits: bool = False) -> None:
        self._exchange = exchange
        self._keys = keys
        self.limits = RateLimits(enforced=rate_limits)
        self.hub: Hub = BybitHub(exchange)

    def speaks(self, path: str) -> bool:
        """Return whether the path is one of v5."""
        return path.startswith(PREFIX)

    async def read(self, request: web.Request) -> Request:
        """Return what proves a request's sender, with its parameters: query, or JSON body."""
        body = await request.text() if request.body_exists else ""
        query = request.raw_path.partition("?")[2]
        parameters = dict(request.query)
        if request.method == "POST":
            try:
                parameters = texts(body)
            except BybitError:
                parameters = {}
        return signed_request(request.headers, query, body, parameters)

    def names(self, request: web.Request, sent: Request) -> tuple[tuple[str, str], ...]:
        """Return the request's own name and the one that it has in Binance's dialect."""
        method, path = request.method, request.path
        if path == CREATE:
            waits = places_conditional(sent.parameters)
            other = ("POST", "/fapi/v1/algoOrder" if waits else "/fapi/v1/order")
        elif path == "/v5/order/cancel":
            other = ("DELETE", self._cancel_name(sent.parameters.get("orderId", "")))
        elif path == "/v5/order/realtime":
            named = sent.parameters.get("orderId")
            other = ("GET", "/fapi/v1/order" if named else "/fapi/v1/openOrders")
        else:
            other = (method, ALSO.get(path, path))
        return ((method, path), other)

    def _cancel_name(self, order_id: str) -> str:
        order = self._exchange.matching.orders.get(order_number(order_id) or 0)
        waits = order is not None and order.is_conditional
        return "/fapi/v1/algoOrder" if waits else "/fapi/v1/order"

    def outage(self) -> web.Response:
        """Return what a load balancer says when nothing answers behind it."""
        return web.Response(text="Service Unavailable", status=503)

    def refused(self, fault: Fault) -> web.Response:
        """Return the fault's refusal: for a code Bybit's envelope, else the bare status."""
        now_ms = self._exchange.clock.now_ms()
        if fault.status in RATE_LIMITS:
            told = envelope({}, now_ms, TOO_MANY, "Too many visits!")
            return json_response(told, extra={"X-Bapi-Limit-Status": "0"})
        if fault.status >= 500:
            return web.Response(text="Service Unavailable: fault.", status=fault.status)
        told = envelope({}, now_ms, SERVER_ERROR, "Server error: fault.")
        return json_response(told, fault.status)

    def outcome(self, request: web.Request, sent: Request, now_ms: int) -> web.Response:
        """Carry the request out and return the answer, or the refusal, with the limits' headers."""
        headers: dict[str, str] = {}
        if not self.limits.charge_address(now_ms):
            self._exchange.stats.refused += 1
            return web.Response(text="403, access too frequent", status=403)
        try:
            endpoint = PUBLIC.get(request.path) if request.method == "GET" else None
            if endpoint is not None:
                result = endpoint(self._exchange, sent.parameters, now_ms)
                return json_response(envelope(result, now_ms))
            private = PRIVATE.get((request.method, request.path))
            if private is None or not isinstance(sent, SignedRequest):
                self._exchange.stats.refused += 1
                return web.Response(text="404 page not found", status=404)
            headers = self.limits.charge(request.path, now_ms)
            return json_response(
                envelope(self._private(private, request.method, sent, now_ms), now_ms), 200, headers
            )
        except ApiError as error:
            refusal = translated(error)
        except BybitError as error:
            refusal = error
        self._exchange.stats.refused += 1
        told = envelope({}, now_ms, refusal.code, refusal.message)
        return json_response(told, refusal.status, headers)

    def _private(self, private: Private, method: str, sent: SignedRequest, now_ms: int) -> Result:
        exchange = self._exchange
        needed = READ if method == "GET" else TRADE
        skew_ms = exchange.faults.skew_ms(now_ms)
        pair = check(self._keys, sent, needed, exchange.clock, skew_ms)
        parameters = texts(sent.body) if method == "POST" else sent.parameters
        exchange.advance(now_ms)
        return private(exchange, parameters, now_ms, pair)
