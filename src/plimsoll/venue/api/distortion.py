"""Answers and stream messages as clients see them under the active faults."""

from typing import Any

import orjson

from plimsoll.venue.api.feeds import Feed, Message
from plimsoll.venue.api.parameters import Parameters
from plimsoll.venue.api.public import Answer, Endpoint
from plimsoll.venue.api.render import plain
from plimsoll.venue.exchange import Exchange
from plimsoll.venue.faults import SILENT_STREAMS, STALE_BOOK, STALE_CANDLES, WRONG_CANDLES

_CANDLE_PATHS = ("klines", "continuousKlines", "markPriceKlines", "indexPriceKlines")
_BOOK_PATHS = ("depth", "ticker/bookTicker")
STALE_KINDS: dict[str, str] = {
    **{f"/fapi/v1/{name}": STALE_CANDLES for name in (*_CANDLE_PATHS, "premiumIndexKlines")},
    **{f"/fapi/v1/{name}": STALE_BOOK for name in _BOOK_PATHS},
}
WRONG_PATHS = frozenset({"/fapi/v1/klines", "/fapi/v1/continuousKlines"})
_NEWEST = 2
"""Candles of an answer that a wrong one spoils: the one that forms, and the last that closed."""
_LOW, _CLOSE = 3, 4
_CANDLE_EVENTS = ("kline", "continuous_kline")
PRICE_PATHS = frozenset(
    {
        "/fapi/v1/depth",
        "/fapi/v1/ticker/24hr",
        "/fapi/v1/ticker/price",
        "/fapi/v2/ticker/price",
        "/fapi/v1/ticker/bookTicker",
    }
)
_PRICES = ("price", "lastPrice", "bidPrice", "askPrice")
_STREAM_PRICES: dict[str, tuple[str, ...]] = {
    "bookTicker": ("b", "a"),
    "24hrTicker": ("c",),
    "24hrMiniTicker": ("c",),
}


def distorted_answer(
    exchange: Exchange, endpoint: Endpoint, path: str, parameters: Parameters, now_ms: int
) -> Answer:
    """Return a public endpoint's answer as clients see it under the active faults."""
    if not exchange.faults.started:
        return endpoint(exchange, parameters, now_ms)
    answer = _possibly_stale(exchange, endpoint, path, parameters, now_ms)
    if path in PRICE_PATHS:
        for entry in _entries(answer):
            symbol = entry.get("symbol") or parameters["symbol"]
            _shift(exchange, entry, symbol, _PRICES, ("bids", "asks"), now_ms)
    if path in WRONG_PATHS and exchange.faults.active(WRONG_CANDLES, now_ms):
        answer = orjson.loads(answer) if isinstance(answer, bytes) else answer
        symbol = parameters.get("symbol") or parameters["pair"]
        _spoil(exchange, list(answer)[-_NEWEST:], (_LOW, _CLOSE), symbol, now_ms)
    if isinstance(answer, dict) and "serverTime" in answer:
        answer["serverTime"] += exchange.faults.skew_ms(now_ms)
    return answer


def _possibly_stale(
    exchange: Exchange, endpoint: Endpoint, path: str, parameters: Parameters, now_ms: int
) -> Answer:
    kind = STALE_KINDS.get(path)
    if kind is None:
        return endpoint(exchange, parameters, now_ms)
    symbol = parameters.get("symbol") or parameters.get("pair")
    if symbol:
        frozen_ms = exchange.faults.frozen_ms(kind, symbol, now_ms)
        return endpoint(exchange, parameters, now_ms if frozen_ms is None else frozen_ms)
    answer = endpoint(exchange, parameters, now_ms)
    if not isinstance(answer, list):
        return answer
    distorted: list[Any] = []
    for entry in answer:
        frozen_ms = exchange.faults.frozen_ms(kind, entry["symbol"], now_ms)
        alone = {**parameters, "symbol": entry["symbol"]}
        distorted.append(entry if frozen_ms is None else endpoint(exchange, alone, frozen_ms))
    return distorted


def _entries(answer: Answer) -> list[dict[str, Any]]:
    if isinstance(answer, list):
        return answer
    return [answer] if isinstance(answer, dict) else []


def _shift(
    exchange: Exchange,
    entry: dict[str, Any],
    symbol: str,
    names: tuple[str, ...],
    sides: tuple[str, ...],
    now_ms: int,
) -> None:
    """Shift an entry's prices by the magnitude of a wrong tick. In place."""
    factor = exchange.faults.price_factor(symbol, now_ms)
    if factor == 1.0:
        return
    decimals = exchange.market.specs[symbol].price_decimals
    for name in names:
        if name in entry:
            entry[name] = plain(float(entry[name]) * factor, decimals)
    for side in sides:
        if side in entry:
            entry[side] = [
                [plain(float(price) * factor, decimals), size] for price, size in entry[side]
            ]


def _spoil(
    exchange: Exchange, candles: list[Any], places: tuple[Any, ...], symbol: str, now_ms: int
) -> None:
    """Shift low and close of candles by the magnitude of a wrong one. In place."""
    factor = exchange.faults.price_factor(symbol, now_ms, WRONG_CANDLES)
    decimals = exchange.market.specs[symbol].price_decimals
    for candle in candles if factor != 1.0 else ():
        for place in places:
            candle[place] = plain(float(candle[place]) * factor, decimals)


def stream_kind(name: str) -> tuple[str | None, str | None]:
    """Return the contract of a stream, None for all, and the stale kind that can stop it."""
    id_, _, channel = name.partition("@")
    if name.startswith("!"):
        return None, None
    if "kline_" in channel.lower():
        return id_.upper(), STALE_CANDLES
    is_book = channel.startswith("depth") or channel == "bookTicker"
    return id_.upper(), STALE_BOOK if is_book else None


def _frozen_ms(exchange: Exchange, name: str, now_ms: int) -> int | None:
    symbol, kind = stream_kind(name)
    if symbol is None or kind is None:
        return None
    return exchange.faults.frozen_ms(kind, symbol, now_ms)


def _is_silent(exchange: Exchange, name: str, now_ms: int) -> bool:
    """Whether the stream is one of candles that sends nothing now."""
    symbol, kind = stream_kind(name)
    if symbol is None or kind != STALE_CANDLES:
        return False
    return exchange.faults.frozen_ms(SILENT_STREAMS, symbol, now_ms) is not None


def distorted_current(exchange: Exchange, name: str, feed: Feed, now_ms: int) -> list[Message]:
    """Return what a new subscriber of the stream gets at once."""
    if not exchange.faults.started:
        return feed.current(now_ms)
    if _is_silent(exchange, name, now_ms):
        return []
    frozen_ms = _frozen_ms(exchange, name, now_ms)
    return _distorted(
        exchange, feed.current(now_ms if frozen_ms is None else frozen_ms), name, now_ms
    )


def distorted_updates(exchange: Exchange, name: str, feed: Feed, now_ms: int) -> list[Message]:
    """Return the stream's messages since the last call; a stale one sends none, then catches up."""
    if not exchange.faults.started:
        return feed.advance(now_ms)
    silent = _is_silent(exchange, name, now_ms)
    if silent or _frozen_ms(exchange, name, now_ms) is not None:
        return []
    symbol, kind = stream_kind(name)
    late_ms = 0
    if symbol is not None and kind == STALE_CANDLES:
        late_ms = exchange.faults.late_ms(symbol, now_ms)
    messages = feed.advance(now_ms - late_ms)
    return _distorted(exchange, messages[::-1] if late_ms else messages, name, now_ms)


def _distorted(
    exchange: Exchange, messages: list[Message], name: str, now_ms: int
) -> list[Message]:
    """Drop messages of stale contracts and put wrong prices into the others."""
    distorted: list[Message] = []
    partial_book = name.partition("@depth")[2].partition("@")[0].isdigit()
    for message in messages:
        for event in message if isinstance(message, list) else [message]:
            names = _STREAM_PRICES.get(event["e"], ())
            if event["e"] in _CANDLE_EVENTS:
                _spoil(exchange, [event["k"]], ("l", "c"), event["s"], now_ms)
            if names or partial_book:
                sides = ("b", "a") if partial_book else ()
                _shift(exchange, event, event["s"], names, sides, now_ms)
        stale = (
            name == "!bookTicker"
            and isinstance(message, dict)
            and exchange.faults.frozen_ms(STALE_BOOK, message["s"], now_ms) is not None
        )
        if not stale:
            distorted.append(message)
    return distorted
