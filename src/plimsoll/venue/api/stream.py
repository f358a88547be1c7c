"""WebSocket connections: Binance's subscription protocol, pushes at a bounded real rate."""

import asyncio
import contextlib
import logging
from typing import Any

import orjson
from aiohttp import WSCloseCode, WSMsgType, web

from plimsoll.venue.api.distortion import distorted_current, distorted_updates
from plimsoll.venue.api.feeds import Feed, Message, open_feed
from plimsoll.venue.api.listen_keys import ListenKeys
from plimsoll.venue.api.user_stream import UserStream
from plimsoll.venue.exchange import Exchange

log = logging.getLogger(__name__)
PUSH_SECONDS = 0.25
MAX_WAITING = 20_000
"""Messages that may wait for a slow reader before its connection is closed."""


class Connection:
    """One client: what it subscribed to and what waits to be sent."""

    def __init__(self, socket: web.WebSocketResponse, number: int, *, combined: bool) -> None:
        self.socket = socket
        self.number = number
        self.combined = combined
        self.streams: dict[str, None] = {}
        self.outbox: asyncio.Queue[str | None] = asyncio.Queue(MAX_WAITING)

    def post(self, name: str | None, message: object) -> None:
        """Queue a message; a reader that is too slow loses its connection."""
        if self.combined and name is not None:
            message = {"stream": name, "data": message}
        try:
            self.outbox.put_nowait(orjson.dumps(message).decode())
        except asyncio.QueueFull:
            self.end()

    def end(self) -> None:
        """Let the writer close the socket; what still waits is dropped."""
        while not self.outbox.empty():
            self.outbox.get_nowait()
        self.outbox.put_nowait(None)

    async def write(self) -> None:
        """Send what is queued until the end mark."""
        while (text := await self.outbox.get()) is not None:
            await self.socket.send_str(text)
        await self.socket.close(code=WSCloseCode.SERVICE_RESTART)


class Hub:
    """All connections and the feeds that at least one of them follows."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._connections: set[Connection] = set()
        self._opened = 0
        self._feeds: dict[str, Feed] = {}
        self._connection_type: type[Connection] = Connection
        self._moved = asyncio.Event()
        self.listen_keys = ListenKeys()
        self._users = UserStream(exchange, self.listen_keys, self.wake)

    def wake(self) -> None:
        """Push without waiting for the next turn: the clock was moved by command."""
        self._moved.set()

    async def run(self) -> None:
        """Push forever, at most every `PUSH_SECONDS` of real time."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._moved.wait(), PUSH_SECONDS)
            self._moved.clear()
            try:
                self.push()
            except Exception:
                log.exception("a push failed; the streams go on")

    def push(self) -> None:
        """Send every feed's updates to its subscribers; drop all sockets in an outage."""
        now_ms = self._exchange.clock.now_ms()
        if self._exchange.market.overlay.outage_until_ms(now_ms) is not None:
            for connection in self._connections:
                connection.end()
            return
        for connection in self._connections:
            if self._exchange.faults.drops(connection.number, now_ms):
                connection.end()
        for name, feed in list(self._feeds.items()):
            messages = distorted_updates(self._exchange, name, feed, now_ms)
            self._exchange.stats.events += len(messages)
            for connection in self._connections:
                if name in connection.streams:
                    for message in messages:
                        connection.post(name, message)

    async def close(self) -> None:
        """Close every socket."""
        for connection in list(self._connections):
            connection.end()
        await asyncio.sleep(0)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Serve one client until it leaves; refuse it when a fault drops it at once."""
        self._opened += 1
        number = self._opened
        if self._exchange.faults.drops(number, self._exchange.clock.now_ms()):
            self._exchange.stats.refused += 1
            return web.Response(status=503)
        socket = web.WebSocketResponse(autoping=True, compress=False)
        await socket.prepare(request)
        connection = self._connection_type(
            socket, number, combined=request.path.endswith("/stream")
        )
        self._connections.add(connection)
        writer = asyncio.create_task(connection.write())
        try:
            self._subscribe(connection, self._names_in_url(request))
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._answer(connection, message.data)
        finally:
            self._connections.discard(connection)
            self._drop_idle_feeds()
            writer.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                await writer
        return socket

    def _answer(self, connection: Connection, text: str) -> None:
        try:
            request: dict[str, Any] = orjson.loads(text)
            method, id_ = request["method"], request.get("id")
            names = [str(name) for name in request.get("params") or []]
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
            connection.post(None, {"error": {"code": 2, "msg": f"Invalid request: {error}"}})
            return
        if method == "LIST_SUBSCRIPTIONS":
            connection.post(None, {"result": list(connection.streams), "id": id_})
        elif method == "SUBSCRIBE":
            unknown = [name for name in names if self._feed(name) is None]
            if unknown:
                text = f"Invalid request: unknown stream {', '.join(unknown)}"
                connection.post(None, {"error": {"code": 2, "msg": text}, "id": id_})
                return
            connection.post(None, {"result": None, "id": id_})
            self._subscribe(connection, names)
        elif method == "UNSUBSCRIBE":
            self._unsubscribe(connection, names)
            connection.post(None, {"result": None, "id": id_})
        else:
            text = f"Invalid request: unknown method {method}"
            connection.post(None, {"error": {"code": 2, "msg": text}, "id": id_})

    def _feed(self, name: str) -> Feed | None:
        return self._feeds.get(name) or self._users.open(name) or open_feed(self._exchange, name)

    def _subscribe(self, connection: Connection, names: list[str]) -> None:
        now_ms = self._exchange.clock.now_ms()
        for name in names:
            feed = self._feed(name)
            if feed is None or name in connection.streams:
                continue
            self._feeds[name] = feed
            connection.streams[name] = None
            messages: list[Message] = distorted_current(self._exchange, name, feed, now_ms)
            for message in messages:
                connection.post(name, message)

    def _unsubscribe(self, connection: Connection, names: list[str]) -> None:
        for name in names:
            connection.streams.pop(name, None)
        self._drop_idle_feeds()

    def _drop_idle_feeds(self) -> None:
        followed = {name for connection in self._connections for name in connection.streams}
        for name in self._feeds.keys() - followed:
            del self._feeds[name]
            self._users.close(name)

    def _names_in_url(self, request: web.Request) -> list[str]:
        """Return what ``/ws/name``, ``/stream?streams=a/b`` and ``/ws?listenKey=key`` ask for."""
        named = [request.path.rpartition("/")[2], request.query.get("listenKey", "")]
        return named + [name for name in request.query.get("streams", "").split("/") if name]
