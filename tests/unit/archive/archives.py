"""A venue in this process whose answers a test may spoil, and frames with known defects."""

import asyncio
import contextlib
import hashlib
import io
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date
from pathlib import Path

import pandas as pd
from aiohttp import web
from aiohttp.test_utils import TestServer

from plimsoll.archive.backfill import Outcome, Progress, Request, fill
from plimsoll.archive.layout import Kind
from plimsoll.venue.api.server import Server
from plimsoll.venue.clock import parse_utc_ms
from plimsoll.venue.exchange import Exchange
from tests.unit.venue.markets import exchange_at

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Spoiler = Callable[[web.Request, Handler], Awaitable[web.StreamResponse]]
BOTH = (Kind.OPEN_INTEREST, Kind.RATIOS)
HEADER = (
    "create_time,symbol,sum_open_interest,sum_open_interest_value,count_toptrader_long_short_ratio,"
    "sum_toptrader_long_short_ratio,count_long_short_ratio,sum_taker_long_short_vol_ratio"
)


@contextlib.asynccontextmanager
async def served(exchange: Exchange, spoiler: Spoiler | None = None) -> AsyncIterator[str]:
    """Yield the address of an exchange on loopback; the spoiler sees every request first."""
    app = Server(exchange).application()
    if spoiler is not None:
        app.middlewares.append(web.middleware(spoiler))
    server = TestServer(app, host="127.0.0.1")
    await server.start_server()
    try:
        yield str(server.make_url("")).rstrip("/")
    finally:
        await server.close()


def backfilled(
    datadir: Path,
    *,
    now: str,
    since: str,
    until: str | None = None,
    pairs: tuple[str, ...] = ("BTC/USDT:USDT",),
    kinds: tuple[Kind, ...] = BOTH,
    timeframes: tuple[str, ...] = ("5m",),
    recheck: bool = False,
    spoiler: Spoiler | None = None,
) -> Outcome:
    """Run one backfill against an exchange whose clock stands at ``now``."""
    exchange = exchange_at(parse_utc_ms(now))
    outcome = Outcome()

    async def run() -> None:
        async with served(exchange, spoiler) as url:
            last = None if until is None else date.fromisoformat(until)
            first = date.fromisoformat(since)
            request = Request(pairs, kinds, timeframes, first, last, url, url, recheck)
            await fill(request, datadir, Progress(), outcome, pause_seconds=0.01)

    asyncio.run(run())
    return outcome


def spoil(ending: str, change: Callable[[bytes], bytes]) -> Spoiler:
    """Return a spoiler that changes the bodies of the paths with an ending."""

    async def spoiler(request: web.Request, handler: Handler) -> web.StreamResponse:
        answer = await handler(request)
        if request.path.endswith(ending) and isinstance(answer, web.Response):
            return web.Response(body=change(answer.body), status=answer.status)  # type: ignore[arg-type]
        return answer

    return spoiler


def absent(*endings: str) -> Spoiler:
    """Return a spoiler for which paths with the endings do not exist."""

    async def spoiler(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.endswith(endings):
            return web.Response(status=404)
        return await handler(request)

    return spoiler


def zipped(text: str, name: str = "metrics.csv") -> tuple[bytes, str]:
    """Return a zip that holds one file, and its hash."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text)
    return held.getvalue(), hashlib.sha256(held.getvalue()).hexdigest()


def metrics_text(labels: pd.DatetimeIndex, symbol: str = "BTCUSDT") -> str:
    """Return a CSV whose open interest counts up from 1000 with the rows."""
    rows = [
        f"{label:%Y-%m-%d %H:%M:%S},{symbol},{1000 + n},{(1000 + n) * 50},1.5,1.25,2.0,0.75"
        for n, label in enumerate(labels)
    ]
    return "\n".join([HEADER, *rows]) + "\n"
