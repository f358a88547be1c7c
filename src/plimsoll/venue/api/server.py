"""The network front: aiohttp on loopback, one dispatcher over the pure endpoints."""

import asyncio
import errno
import logging
import os
import signal
import socket
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import orjson
from aiohttp import web

from plimsoll.core.errors import PlimsollError, UsageError
from plimsoll.venue.api.control import CONTROLS
from plimsoll.venue.api.daily_files import ARCHIVE_PREFIX, archive_file
from plimsoll.venue.api.distortion import distorted_answer
from plimsoll.venue.api.listen_keys import answered
from plimsoll.venue.api.private import PRIVATE
from plimsoll.venue.api.public import ENDPOINTS, Answer, Endpoint
from plimsoll.venue.api.rate_limits import RateLimitError, RateLimits
from plimsoll.venue.api.statistics import STATISTICS
from plimsoll.venue.api.stream import Hub
from plimsoll.venue.errors import ApiError
from plimsoll.venue.exchange import Exchange
from plimsoll.venue.faults import HTTP_ERROR, NO_ANSWER, Fault
from plimsoll.venue.keys import READ, TRADE, KeyRing, Request

log = logging.getLogger(__name__)
PUBLIC: dict[str, Endpoint] = {**ENDPOINTS, **STATISTICS}
CONTROL_PREFIX = "/plimsoll/"
LISTEN_KEY_PATH = "/fapi/v1/listenKey"
_JSON = "application/json"


class Server:
    """Answer HTTP and WebSocket for one exchange, to those who hold one of its keys."""

    def __init__(
        self, exchange: Exchange, keys: KeyRing | None = None, *, rate_limits: bool = False
    ) -> None:
        self.exchange = exchange
        self.limits = RateLimits(enforced=rate_limits)
        self.keys = KeyRing() if keys is None else keys
        self.hub = Hub(exchange)

    def application(self) -> web.Application:
        """Return the aiohttp application."""
        app = web.Application(client_max_size=1 << 20)
        app.router.add_route("*", "/{path:.*}", self._handle)
        return app

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        path = request.path
        if path.startswith(CONTROL_PREFIX):
            return await self._control(request)
        exchange = self.exchange
        now_ms = exchange.clock.now_ms()
        exchange.stats.requests += 1
        if exchange.market.overlay.outage_until_ms(now_ms) is not None:
            exchange.stats.refused += 1
            return _json({"code": -1000, "msg": "Service unavailable: outage scenario."}, 503)
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self.hub.serve(request)
        exchange.stats.by_path[path] = exchange.stats.by_path.get(path, 0) + 1
        sent = await _read(request)
        symbol = sent.parameters.get("symbol") or sent.parameters.get("pair")
        asked = (request.method, path, symbol)
        refusing = exchange.faults.hit(HTTP_ERROR, *asked, now_ms)
        if refusing is not None:
            exchange.stats.refused += 1
            status, body, headers = refusing.refusal
            return _json(body, status, headers)
        withholding = exchange.faults.hit(NO_ANSWER, *asked, now_ms)
        if withholding is not None:
            return await self._withhold_answer(request, sent, withholding, now_ms)
        if path.startswith(ARCHIVE_PREFIX):
            return self._archive(path, now_ms)
        return self._outcome(request, sent, now_ms)

    def _archive(self, path: str, now_ms: int) -> web.Response:
        content = archive_file(self.exchange, path, now_ms)
        if content is None:
            body = b"<Error><Code>NoSuchKey</Code></Error>"
            return web.Response(body=body, status=404, content_type="application/xml")
        return web.Response(body=content, content_type="application/octet-stream")

    def _outcome(self, request: web.Request, sent: Request, now_ms: int) -> web.Response:
        headers: Mapping[str, str] = {}
        try:
            headers = self.limits.charge(request.method, request.path, sent.parameters, now_ms)
            return _json(self._answer(request, sent, now_ms), 200, headers)
        except ApiError as error:
            self.exchange.stats.refused += 1
            headers = error.headers if isinstance(error, RateLimitError) else headers
            return _json({"code": error.code, "msg": error.message}, error.status, headers)

    async def _withhold_answer(
        self, request: web.Request, sent: Request, fault: Fault, now_ms: int
    ) -> web.Response:
        """Carry the request out or not; in either case send no answer."""
        self.exchange.stats.refused += 1
        if fault.after_acceptance:
            self._outcome(request, sent, now_ms)
        await asyncio.sleep(fault.hold_seconds)
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    def _answer(self, request: web.Request, sent: Request, now_ms: int) -> Answer:
        """Return the answer of the endpoint; raises `ApiError` for none and for a refusal."""
        endpoint = PUBLIC.get(request.path)
        if endpoint is not None and request.method == "GET":
            return distorted_answer(self.exchange, endpoint, request.path, sent.parameters, now_ms)
        if request.path == LISTEN_KEY_PATH:
            self.keys.identify(sent.key)
            told = answered(self.hub.listen_keys, request.method, now_ms)
            if told is not None:
                return told
        private = PRIVATE.get((request.method, request.path))
        if private is None:
            text = f"Path {request.path}, Method {request.method} is invalid"
            raise ApiError(-5000, text, 404)
        needed = READ if request.method == "GET" else TRADE
        skew_ms = self.exchange.faults.skew_ms(now_ms)
        self.keys.check(sent, needed, self.exchange.clock, skew_ms)
        self.exchange.advance(now_ms)
        return private(self.exchange, sent.parameters, now_ms)

    async def _control(self, request: web.Request) -> web.Response:
        control = CONTROLS.get((request.method, request.path))
        if control is None:
            known = ", ".join(f"{method} {path}" for method, path in CONTROLS)
            text = f"no {request.method} {request.path}; there are {known}"
            return _json({"error": text}, 404)
        try:
            body = {**request.query, **await _body(request)}
            answer = control(self.exchange, body)
        except PlimsollError as error:
            return _json({"error": str(error)}, 400)
        if request.method != "GET":
            self.hub.wake()
        return _json(answer, 200)


async def _read(request: web.Request) -> Request:
    """Return what proves a request's sender, with its parameters; those of the query win."""
    body = await request.text() if request.body_exists else ""
    key, query = request.headers.get("X-MBX-APIKEY", ""), request.raw_path.partition("?")[2]
    return Request(key, query, body, {**dict(parse_qsl(body)), **request.query})


async def _body(request: web.Request) -> dict[str, Any]:
    raw = await request.read()
    if not raw:
        return {}
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise UsageError(f"expected a JSON object as body: {error}") from None
    if not isinstance(body, dict):
        raise UsageError(f"expected a JSON object as body, found {type(body).__name__}")
    return body


def _json(answer: object, status: int, extra: Mapping[str, str] | None = None) -> web.Response:
    body = answer if isinstance(answer, bytes) else orjson.dumps(answer)
    return web.Response(body=body, status=status, content_type=_JSON, headers=extra)


async def serve(
    exchange: Exchange,
    host: str,
    port: int,
    *,
    on_listening: Callable[[int], None],
    keys: KeyRing | None = None,
    rate_limits: bool = False,
) -> None:
    """Serve until SIGINT or SIGTERM. `on_listening` gets the port.

    Raises `UsageError` when the port is taken or the host is not this machine's.
    """
    server = Server(exchange, keys, rate_limits=rate_limits)
    runner = web.AppRunner(server.application(), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    stop = asyncio.Event()
    pushes = asyncio.create_task(server.hub.run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        try:
            await _site(runner, host, port).start()
        except (OSError, UnicodeError) as error:
            raise UsageError(_refusal(host, port, error)) from error
        on_listening(int(runner.addresses[0][1]))
        await stop.wait()
    finally:
        pushes.cancel()
        await server.hub.close()
        await runner.cleanup()


def _site(runner: web.AppRunner, host: str, port: int) -> web.BaseSite:
    if host == "::" and socket.has_dualstack_ipv6():
        # asyncio alone would close :: to IPv4, and with it to 127.0.0.1.
        both = socket.create_server(
            (host, port), family=socket.AF_INET6, backlog=512, dualstack_ipv6=True
        )
        return web.SockSite(runner, both)
    return web.TCPSite(runner, host, port, backlog=512)


def _refusal(host: str, port: int, error: OSError | UnicodeError) -> str:
    """Return the line that blames the host or the port, whichever it was."""
    if isinstance(error, OSError) and not isinstance(error, socket.gaierror):
        reason = os.strerror(error.errno or 0)
        if error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
            return (
                f"cannot listen on {host}:{port} ({reason}); choose another --port, "
                "or 0 for a free one"
            )
    else:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return (
        f"cannot listen on --host {host} ({reason}); give an address of this machine, "
        "such as 127.0.0.1"
    )
