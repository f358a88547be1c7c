"""The requests of a replayed bot: none is sent twice at an instant that knows its answer."""

import pickle
import time
from collections.abc import Callable
from typing import Any

from ccxt.async_support.base.exchange import Exchange as AsyncExchange
from ccxt.base.exchange import Exchange as SyncExchange
from freqtrade.exchange.exchange import Exchange


class Sent:
    """Counts the requests that may change something at the exchange."""

    def __init__(self) -> None:
        self.count = 0

    def note(self, method: str) -> None:
        """Take that a request is sent."""
        self.count += method != "GET"


def call_before_requests(call: Callable[[], None], sent: Sent) -> None:
    """Call something before ccxt sends a request: the venue's clock moves when it is looked at."""
    fetch, fetch_async = SyncExchange.fetch, AsyncExchange.fetch

    def first_call(self: Any, url: str, method: str = "GET", *given: Any, **named: Any) -> Any:
        call()
        sent.note(method)
        return fetch(self, url, method, *given, **named)

    async def first_call_async(
        self: Any, url: str, method: str = "GET", *given: Any, **named: Any
    ) -> Any:
        call()
        sent.note(method)
        return await fetch_async(self, url, method, *given, **named)

    SyncExchange.fetch = first_call
    AsyncExchange.fetch = first_call_async


def remember_books(sent: Sent) -> None:
    """Ask for an order book once at each instant, and again after an order was sent.

    Within a loop time stands still: guards, exits and simulated fills look at one book.
    """
    fetch = Exchange.fetch_l2_order_book
    known: dict[tuple[str, int], tuple[tuple[float, int], bytes]] = {}

    def fetch_l2_order_book(self: Exchange, pair: str, limit: int = 100) -> Any:
        at, book = known.get((pair, limit), (None, b""))
        if at == (time.time(), sent.count):
            return pickle.loads(book)  # noqa: S301 - our own, of a line below
        fresh = fetch(self, pair, limit)
        known[pair, limit] = (time.time(), sent.count), pickle.dumps(fresh)
        return fresh

    Exchange.fetch_l2_order_book = fetch_l2_order_book  # type: ignore[method-assign]
