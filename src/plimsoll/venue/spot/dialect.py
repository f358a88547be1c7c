"""Binance spot over HTTP: one dispatcher over the pure endpoints under /api/v3 and /sapi."""

from aiohttp import web

from plimsoll.venue.api.binance import BinanceDialect
from plimsoll.venue.api.distortion import distorted_answer
from plimsoll.venue.api.public import Answer
from plimsoll.venue.api.rate_limits import SPOT_TARIFF, RateLimits
from plimsoll.venue.errors import ApiError
from plimsoll.venue.exchange import Exchange
from plimsoll.venue.keys import READ, TRADE, KeyRing, Request
from plimsoll.venue.spot.account import ACCOUNT
from plimsoll.venue.spot.orders import ORDER, ORDERS, Private, fault_name
from plimsoll.venue.spot.public import PUBLIC
from plimsoll.venue.spot.stream import PREFIX, SpotHub

PREFIXES = ("/api/v3/", "/sapi/", PREFIX)
PRIVATE: dict[tuple[str, str], Private] = {**ACCOUNT, **ORDERS}
_RENAMED = {
    "/api/v3/account": "/fapi/v3/account",
    "/api/v3/myTrades": "/fapi/v1/userTrades",
}


def futures_name(path: str) -> str:
    """Return the name that a path has in the contracts' dialect: a fault that names that hits it.

    The same name says which answers a fault distorts.
    """
    return _RENAMED.get(path, path.replace("/api/v3/", "/fapi/v1/", 1))


class SpotDialect(BinanceDialect):
    """Answer as Binance spot does, to those who hold one of the keys; refusals are Binance's."""

    def __init__(self, exchange: Exchange, keys: KeyRing, *, rate_limits: bool = False) -> None:
        self._exchange = exchange
        self._keys = keys
        self.limits = RateLimits(enforced=rate_limits, tariff=SPOT_TARIFF)
        self.hub = SpotHub(exchange)

    def speaks(self, path: str) -> bool:
        """Return whether the path is one of spot's."""
        return path.startswith(PREFIXES)

    def names(self, request: web.Request, sent: Request) -> tuple[tuple[str, str], ...]:
        """Return the request's own name and the one that it has in the contracts' dialect."""
        method, path = request.method, request.path
        if (method, path) == ("POST", ORDER):
            return ((method, path), fault_name(sent.parameters))
        return ((method, path), (method, futures_name(path)))

    def _answer(self, request: web.Request, sent: Request, now_ms: int) -> Answer:
        """Return the answer of the endpoint; raises `ApiError` for none and for a refusal."""
        exchange, endpoint = self._exchange, PUBLIC.get(request.path)
        if endpoint is not None and request.method == "GET":
            if request.path.endswith("/historicalTrades"):
                self._keys.identify(sent.key)
            name = futures_name(request.path)
            return distorted_answer(exchange, endpoint, name, sent.parameters, now_ms)
        private = PRIVATE.get((request.method, request.path))
        if private is None:
            text = f"Path {request.path}, Method {request.method} is invalid"
            raise ApiError(-5000, text, 404)
        needed = READ if request.method == "GET" else TRADE
        self._keys.check(sent, needed, exchange.clock, exchange.faults.skew_ms(now_ms))
        exchange.advance(now_ms)
        return private(exchange, sent.parameters, now_ms)
