"""Markets and exchanges that the tests share."""

from functools import cache
from typing import Any

import orjson

from plimsoll.venue.api.public import ENDPOINTS
from plimsoll.venue.api.statistics import STATISTICS
from plimsoll.venue.clock import Clock, parse_utc_ms
from plimsoll.venue.exchange import Exchange
from plimsoll.venue.market.base import LAST, Market, Rows, Window
from plimsoll.venue.market.intervals import INTERVALS
from plimsoll.venue.market.symbols import LISTED, choose_symbols
from plimsoll.venue.market.synthetic import SyntheticMarket

NOW_MS = parse_utc_ms("2025-03-05T14:37:21.500Z")
PUBLIC = {**ENDPOINTS, **STATISTICS}
EVERYTHING = Window(None, None, 10**9)


def fresh(seed: int = 7, symbols: str = "BTCUSDT,ETHUSDT") -> SyntheticMarket:
    """Return a market that nobody has asked anything."""
    return SyntheticMarket(choose_symbols(symbols, LISTED), seed)


@cache
def shared() -> SyntheticMarket:
    """Return one market for tests that only read."""
    return fresh(7, "BTCUSDT,ETHUSDT,SOLUSDT,XRPUSDT,ADAUSDT,DOGEUSDT")


@cache
def pair_of_coins() -> SyntheticMarket:
    """Return one market of two contracts for tests that only read."""
    return fresh()


def exchange_at(now_ms: int = NOW_MS, market: Market | None = None) -> Exchange:
    """Return an exchange on a stepped clock."""
    return Exchange(market or fresh(), Clock(now_ms, stepped=True))


def ask(exchange: Exchange, path: str, **parameters: object) -> Any:
    """Return the answer of a public endpoint, as a client reads it."""
    texts = {name: str(value) for name, value in parameters.items()}
    answer = PUBLIC[path](exchange, texts, NOW_MS)
    return orjson.loads(answer if isinstance(answer, bytes) else orjson.dumps(answer))


def span(
    market: Market, symbol: str, code: str, first: str | int, end: str | int, series: str = LAST
) -> Rows:
    """Return candles that open in [first, end), all closed."""
    first_ms = parse_utc_ms(first) if isinstance(first, str) else first
    end_ms = parse_utc_ms(end) if isinstance(end, str) else end
    window = Window(first_ms, end_ms - 1, 10**7)
    return market.candles(symbol, series, INTERVALS[code], window, end_ms)
