"""The simulated exchange in a thread of this process, with a trap at its door."""

import asyncio
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from plimsoll.lab.venue import Venue
from plimsoll.venue.api.server import Server
from plimsoll.venue.launch import Options, build_exchange
from plimsoll.venue.profile import freqtrade_config, write_config
from tests.kill_sweep.plan import ACCEPTED, ANSWERED, BEFORE, Moment
from tests.support.venue_keys import signed


@dataclass
class Trap:
    """Kills one process at a moment of its requests, and says when it has."""

    pid: int
    moment: Moment
    met: int = 0
    sprung: threading.Event = field(default_factory=threading.Event)

    def kill(self) -> None:
        """Kill the process, once."""
        if not self.sprung.is_set():
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            self.sprung.set()

    def takes(self, method: str, path: str, side: str) -> bool:
        """Count a request; return whether it is the one."""
        wanted = self.moment
        if (method, path) != (wanted.method, wanted.path) or wanted.side not in ("", side):
            return False
        self.met += 1
        return self.met == wanted.number


class TrappedExchange:
    """One exchange, served over HTTP and WebSocket as `plimsoll venue serve` does."""

    def __init__(self, folder: Path, *, seed: int, start: str, pairs: tuple[str, ...]) -> None:
        options = Options(seed=seed, start=start, symbols=",".join(pairs))
        self._exchange = build_exchange(options)
        self._server = Server(self._exchange)
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._run, name="exchange", daemon=True)
        self._port = 0
        self.trap: Trap | None = None
        self._thread.start()
        if not self._listening.wait(60):
            raise RuntimeError("the exchange did not start")
        url = f"http://127.0.0.1:{self._port}"
        specs = list(self._exchange.market.specs.values())
        config = folder / "venue-sim.json"
        write_config(config, freqtrade_config(url, specs, follow_clock=True, market="sweep"))
        self.venue = Venue(url, config, tuple(spec.symbol for spec in specs), os.getpid())

    def get(self, path: str) -> Any:
        """Return the answer to a signed question."""
        path, _, query = path.partition("?")
        return signed(self.venue.url, path, **dict(parse_qsl(query)))

    def order(self, **parameters: str) -> None:
        """Place an order as somebody at the exchange's own web page."""
        signed(self.venue.url, "/fapi/v1/order", "POST", **parameters)

    def cancel_all(self, symbol: str) -> None:
        """Cancel every order of a contract."""
        signed(self.venue.url, "/fapi/v1/allOpenOrders", "DELETE", symbol=symbol)

    def close(self) -> None:
        """End the server."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(30)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        app = self._server.application()
        app.middlewares.append(self._watch())
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        pushes = asyncio.create_task(self._server.hub.run())
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self._port = int(runner.addresses[0][1])
        self._listening.set()
        await self._stop.wait()
        pushes.cancel()
        await self._server.hub.close()
        await runner.cleanup()

    def _watch(self) -> Any:
        @web.middleware
        async def watch(request: web.Request, handler: Any) -> web.StreamResponse:
            trap = self.trap
            if trap is None or trap.sprung.is_set() or not trap.moment.method:
                return await handler(request)
            form = dict(parse_qsl(await request.text())) if request.body_exists else {}
            side = {**request.query, **form}.get("side", "")
            if not trap.takes(request.method, request.path, side):
                return await handler(request)
            if trap.moment.when == BEFORE:
                trap.kill()
                return web.Response(status=503)
            answer = await handler(request)
            if trap.moment.when == ACCEPTED:
                trap.kill()
            elif trap.moment.when == ANSWERED:
                threading.Timer(trap.moment.delay_ms / 1000, trap.kill).start()
            return answer

        return watch


@contextmanager
def trapped_exchange(
    folder: Path, *, seed: int, start: str, pairs: tuple[str, ...]
) -> Iterator[TrappedExchange]:
    """Serve an exchange for the length of the block."""
    exchange = TrappedExchange(folder, seed=seed, start=start, pairs=pairs)
    try:
        yield exchange
    finally:
        exchange.close()
