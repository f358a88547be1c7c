"""How fast the venue starts, answers and draws candles. Loopback, one client."""

import asyncio
import http.client
import time
from typing import Any

from plimsoll.venue.clock import parse_utc_ms
from plimsoll.venue.market.base import LAST, Window
from plimsoll.venue.market.intervals import DAY_MS, INTERVALS
from plimsoll.venue.market.symbols import LISTED, choose_symbols
from plimsoll.venue.market.synthetic import SyntheticMarket
from tests.unit.venue.serving import venue

SYMBOLS = "BTCUSDT,ETHUSDT,SOLUSDT,XRPUSDT"
START = "2025-06-30T00:00:00Z"
DAYS = 180
KLINES_LIMIT = 1500
TICKER_REQUESTS = 2000


def run(*, days: int = DAYS, ticker_requests: int = TICKER_REQUESTS) -> dict[str, float]:
    """Return start time, requests a second, candles a second and the time to draw 180 days."""
    begun = time.perf_counter()
    with venue("--symbols", SYMBOLS, "--start", START, "--clock", "stepped") as line:
        started = time.perf_counter() - begun
        connection = http.client.HTTPConnection("127.0.0.1", line["port"], timeout=30)
        first = _serve_klines(connection, days)
        again = _serve_klines(connection, days)
        tickers = _serve_tickers(connection, ticker_requests)
        at_once = asyncio.run(_at_once(line["url"], ticker_requests))
        connection.close()
    return {
        "venue_start_seconds": started,
        "venue_candles_a_second_first_time": first,
        "venue_candles_a_second_again": again,
        "venue_ticker_requests_a_second": tickers,
        "venue_ticker_requests_a_second_20_connections": at_once,
        "venue_draw_4_pairs_180_days_5m_seconds": _draw(days),
    }


def _get(connection: http.client.HTTPConnection, path: str) -> bytes:
    connection.request("GET", path)
    return connection.getresponse().read()


def _serve_klines(connection: http.client.HTTPConnection, days: int) -> float:
    end_ms = parse_utc_ms(START)
    served, begun = 0, time.perf_counter()
    step_ms = KLINES_LIMIT * INTERVALS["5m"].ms
    for symbol in SYMBOLS.split(","):
        for at in range(end_ms - days * DAY_MS, end_ms - step_ms, step_ms):
            asked = f"symbol={symbol}&interval=5m&startTime={at}&limit={KLINES_LIMIT}"
            served += _get(connection, f"/fapi/v1/klines?{asked}").count(b"],") + 1
    return served / (time.perf_counter() - begun)


def _serve_tickers(connection: http.client.HTTPConnection, requests: int) -> float:
    begun = time.perf_counter()
    for _ in range(requests):
        _get(connection, "/fapi/v1/ticker/price?symbol=BTCUSDT")
    return requests / (time.perf_counter() - begun)


async def _at_once(url: str, requests: int) -> float:
    import aiohttp

    path = f"{url}/fapi/v1/ticker/price?symbol=BTCUSDT"
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=20)) as session:

        async def one() -> Any:
            async with session.get(path) as response:
                return await response.read()

        begun = time.perf_counter()
        for _ in range(requests // 20):
            await asyncio.gather(*(one() for _ in range(20)))
        return requests / (time.perf_counter() - begun)


def _draw(days: int) -> float:
    begun = time.perf_counter()
    market = SyntheticMarket(choose_symbols(SYMBOLS, LISTED), 7)
    end_ms = parse_utc_ms(START)
    window = Window(end_ms - days * DAY_MS, end_ms - 1, 10**6)
    for symbol in market.specs:
        rows = market.candles(symbol, LAST, INTERVALS["5m"], window, end_ms)
        assert len(rows) == days * 288
    return time.perf_counter() - begun
