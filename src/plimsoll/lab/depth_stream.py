"""Binance USD-M's best levels of the book, whole in each message, by the connections of ccxt.pro.

ccxt itself builds a book out of differences, on top of 1,000 levels that it asks for once by REST.
A level that was further away then and has not changed since is not in it, however near the price
comes: what it says of the best levels is wrong after a move, and nothing tells so. A stream of
whole books has nothing to build, asks nothing of REST, and each message names the one before it.

Source: developers.binance.com, USD-M futures, WebSocket market streams, Partial Book Depth Streams.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

DEPTH_OF = frozenset({"binance", "binanceusdm"})
"""Exchanges, by their names in ccxt, whose class `with_depth` extends."""
SPEED = "100ms"
MOST_WAITING = 100_000
"""Books that may wait to be taken; the oldest are dropped, which is noticed as a gap."""


def with_depth(kind: type) -> Any:
    """Return a class of ccxt.pro with ``watch_depth``; it has no book of ccxt's own any more."""

    class WithDepth(kind):  # type: ignore[misc]
        def __init__(self, config: Mapping[str, Any]) -> None:
            self.depth_heard: deque[dict[str, Any]] = deque(maxlen=MOST_WAITING)
            super().__init__(config)

        async def watch_depth(self, pairs: Sequence[str], levels: int) -> list[dict[str, Any]]:
            """Return all books that have come since the last call; wait for one when none has.

            What came before an error is dropped with it: it lies within the gap that the error is.
            """
            if self.depth_heard:
                return self._taken()
            names = [f"{self.market(pair)['lowercaseId']}@depth{levels}@{SPEED}" for pair in pairs]
            hashes = [f"depth::{pair}" for pair in pairs]
            folder = self.get_ws_url("linear", self.get_future_ws_category("depth"))
            url = f"{folder}/{self.stream('linear', ','.join(names), len(names))}"
            number = self.request_id(url)
            request = {"method": "SUBSCRIBE", "params": names, "id": number}
            try:
                await self.watch_multiple(url, hashes, request, hashes, {"id": number})
            except BaseException:
                self.depth_heard.clear()
                raise
            return self._taken()

        def _taken(self) -> list[dict[str, Any]]:
            books = list(self.depth_heard)
            self.depth_heard.clear()
            return books

        def handle_order_book(self, client: Any, message: Mapping[str, Any]) -> None:
            """Keep a whole book; called by ccxt for each ``depthUpdate``."""
            book = book_of(message, self.safe_symbol(message.get("s"), None, None, "swap"))
            self.depth_heard.append(book)
            client.resolve(book, f"depth::{book['symbol']}")

    return WithDepth


def book_of(message: Mapping[str, Any], symbol: str) -> dict[str, Any]:
    """Return a message in the shape of ccxt's order books, with ``previous``, yet unchecked."""
    when = message.get("E")
    return {
        "symbol": symbol,
        "timestamp": when if isinstance(when, int) else None,
        "nonce": message.get("u"),
        "previous": message.get("pu"),
        "bids": message.get("b"),
        "asks": message.get("a"),
    }


def is_linear(exchange: Any, pair: str) -> bool:
    """Return whether a pair, of loaded markets, is one of USD-M futures."""
    return bool(exchange.markets[pair].get("linear"))
