"""Binance USD-M futures over HTTP: one dispatcher over the pure endpoints."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from aiohttp import web

from plimsoll.venue.api.dialect import json_response
from plimsoll.venue.api.distortion import distorted_answer
from plimsoll.venue.api.listen_keys import answered
from plimsoll.venue.api.private import PRIVATE
from plimsoll.venue.api.public import ENDPOINTS, Answer, Endpoint
from plimsoll.venue.api.rate_limits import RateLimitError, RateLimits
from plimsoll.venue.api.statistics import STATISTICS
from plimsoll.venue.api.stream import Hub
from plimsoll.venue.errors import ApiError
from plimsoll.venue.exchange import Exchange
from plimsoll.venue.faults import Fault
from plimsoll.venue.keys import READ, TRADE, KeyRing, Request

PUBLIC: dict[str, Endpoint] = {**ENDPOINTS, **STATISTICS}
LISTEN_KEY_PATH = "/fapi/v1/listenKey"


class BinanceDialect:
    """Answer as Binance USD-M does, to those who hold one of the keys."""

    def __init__(self, exchange: Exchange, keys: KeyRing, *, rate_limits: bool = False) -> None:
        self._exchange = exchange
        self._keys = keys
        self.limits = RateLimits(enforced=rate_limits)
        self.hub: Hub = Hub(exchange)

    def speaks(self, path: str) -> bool:
        """Return that every path is its own: it is asked last, and refuses what it lacks."""
        del path
        return True

    async def read(self, request: web.Request) -> Request:
        """Return what proves a request's sender, with its parameters; those of the query win."""
        body = await request.text() if request.body_exists else ""
        key, query = request.headers.get("X-MBX-APIKEY", ""), request.raw_path.partition("?")[2]
        return Request(key, query, body, {**dict(parse_qsl(body)), **request.query})

    def names(self, request: web.Request, sent: Request) -> tuple[tuple[str, str], ...]:
        """Return the request's own method and path."""
        del sent
        return ((request.method, request.path),)

    def outage(self) -> web.Response:
        """Return what Binance says when it is away."""
        return json_response({"code": -1000, "msg": "Service unavailable: outage scenario."}, 503)

    def refused(self, fault: Fault) -> web.Response:
        """Return the fault's refusal in Binance's shape."""
        status, body, headers = fault.refusal
        return json_response(body, status, headers)

    def outcome(self, request: web.Request, sent: Request, now_ms: int) -> web.Response:
        """Carry the request out and return the answer, or the refusal, with the limits' headers."""
        headers: Mapping[str, str] = {}
        try:
            headers = self.limits.charge(request.method, request.path, sent.parameters, now_ms)
            return json_response(self._answer(request, sent, now_ms), 200, headers)
        except ApiError as error:
            self._exchange.stats.refused += 1
            headers = error.headers if isinstance(error, RateLimitError) else headers
            told = {"code": error.code, "msg": error.message}
            return json_response(told, error.status, headers)

    def _answer(self, request: web.Request, sent: Request, now_ms: int) -> Answer:
        """Return the answer of the endpoint; raises `ApiError` for none and for a refusal."""
        endpoint = PUBLIC.get(request.path)
        if endpoint is not None and request.method == "GET":
            return distorted_answer(self._exchange, endpoint, request.path, sent.parameters, now_ms)
        if request.path == LISTEN_KEY_PATH:
            self._keys.identify(sent.key)
            told = answered(self.hub.listen_keys, request.method, now_ms)
            if told is not None:
                return told
        private = PRIVATE.get((request.method, request.path))
        if private is None:
            text = f"Path {request.path}, Method {request.method} is invalid"
            raise ApiError(-5000, text, 404)
        needed = READ if request.method == "GET" else TRADE
        skew_ms = self._exchange.faults.skew_ms(now_ms)
        self._keys.check(sent, needed, self._exchange.clock, skew_ms)
        self._exchange.advance(now_ms)
        return private(self._exchange, sent.parameters, now_ms)
