"""The network front: aiohttp on loopback, and the dialects that it hands requests to."""

import asyncio
import errno
import os
import signal
import socket
from collections.abc import Callable, Sequence
from typing import Any

import orjson
from aiohttp import web

from plimsoll.core.errors import PlimsollError, UsageError
from plimsoll.venue.api.binance import BinanceDialect
from plimsoll.venue.api.control import CONTROLS
from plimsoll.venue.api.daily_files import ARCHIVE_PREFIX, archive_file
from plimsoll.venue.api.dialect import Dialect, json_response
from plimsoll.venue.api.stream import Hub
from plimsoll.venue.exchange import Exchange
from plimsoll.venue.faults import HTTP_ERROR, NO_ANSWER
from plimsoll.venue.keys import KeyRing

CONTROL_PREFIX = "/plimsoll/"


class Server:
    """Answer HTTP and WebSocket for one exchange, to those who hold one of its keys.

    Each request is answered by the first of the dialects that speaks its path; Binance's is the
    last of them, and speaks all.
    """

    def __init__(
        self,
        exchange: Exchange,
        keys: KeyRing | None = None,
        *,
        rate_limits: bool = False,
        dialects: Sequence[Dialect] = (),
    ) -> None:
        self.exchange = exchange
        self.keys = KeyRing() if keys is None else keys
        binance = BinanceDialect(exchange, self.keys, rate_limits=rate_limits)
        self.dialects: tuple[Dialect, ...] = (*dialects, binance)

    @property
    def hub(self) -> Hub:
        """The WebSocket streams of Binance's dialect."""
        return self.dialects[-1].hub

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
        dialect = next(one for one in self.dialects if one.speaks(path))
        now_ms = exchange.clock.now_ms()
        exchange.stats.requests += 1
        if exchange.market.overlay.outage_until_ms(now_ms) is not None:
            exchange.stats.refused += 1
            return dialect.outage()
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await dialect.hub.serve(request)
        exchange.stats.by_path[path] = exchange.stats.by_path.get(path, 0) + 1
        sent = await dialect.read(request)
        symbol = sent.parameters.get("symbol") or sent.parameters.get("pair")
        asked = (dialect.names(request, sent), symbol, now_ms)
        refusing = exchange.faults.hit(HTTP_ERROR, *asked)
        if refusing is not None:
            exchange.stats.refused += 1
            return dialect.refused(refusing)
        withholding = exchange.faults.hit(NO_ANSWER, *asked)
        if withholding is not None:
            self.exchange.stats.refused += 1
            if withholding.after_acceptance:
                dialect.outcome(request, sent, now_ms)
            return await _withheld(request, withholding.hold_seconds)
        if path.startswith(ARCHIVE_PREFIX):
            return self._archive(path, now_ms)
        return dialect.outcome(request, sent, now_ms)

    def _archive(self, path: str, now_ms: int) -> web.Response:
        content = archive_file(self.exchange, path, now_ms)
        if content is None:
            body = b"<Error><Code>NoSuchKey</Code></Error>"
            return web.Response(body=body, status=404, content_type="application/xml")
        return web.Response(body=content, content_type="application/octet-stream")

    async def _control(self, request: web.Request) -> web.Response:
        control = CONTROLS.get((request.method, request.path))
        if control is None:
            known = ", ".join(f"{method} {path}" for method, path in CONTROLS)
            text = f"no {request.method} {request.path}; there are {known}"
            return json_response({"error": text}, 404)
        try:
            body = {**request.query, **await _body(request)}
            answer = control(self.exchange, body)
        except PlimsollError as error:
            return json_response({"error": str(error)}, 400)
        if request.method != "GET":
            for dialect in self.dialects:
                dialect.hub.wake()
        return json_response(answer)


async def _withheld(request: web.Request, hold_seconds: float) -> web.Response:
    """Send no answer: hold the request, then drop its connection."""
    await asyncio.sleep(hold_seconds)
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


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


async def serve(
    server: Server, host: str, port: int, *, on_listening: Callable[[int], None]
) -> None:
    """Serve until SIGINT or SIGTERM. `on_listening` gets the port.

    Raises `UsageError` when the port is taken or the host is not this machine's.
    """
    runner = web.AppRunner(server.application(), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    stop = asyncio.Event()
    pushes = [asyncio.create_task(dialect.hub.run()) for dialect in server.dialects]
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
        for dialect, push in zip(server.dialects, pushes, strict=True):
            push.cancel()
            await dialect.hub.close()
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
