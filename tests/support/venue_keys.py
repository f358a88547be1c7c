"""The key pair of a served venue, requests signed with it, and ccxt clients in its time."""

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import ccxt
import ccxt.async_support
import pytest

from plimsoll.venue.keys import DEFAULT_PAIR, signature

KEY, SECRET = DEFAULT_PAIR.key, DEFAULT_PAIR.secret
ENVIRONMENT = {"FREQTRADE__EXCHANGE__KEY": KEY, "FREQTRADE__EXCHANGE__SECRET": SECRET}
"""What a live bot has in its environment, as for a real exchange."""
CCXT_KEYS = {"apiKey": KEY, "secret": SECRET}
HEADERS = {"X-MBX-APIKEY": KEY}
WINDOW_MS = 60_000
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def venue_ms(url: str) -> int:
    """Return the venue's time."""
    with _OPENER.open(f"{url}/plimsoll/clock", timeout=60) as answer:
        return int(json.load(answer)["now_ms"])


def signed_query(now_ms: int, secret: str = SECRET, **parameters: object) -> str:
    """Return the query of a request signed at an instant of the venue's clock."""
    query = urlencode({**parameters, "recvWindow": WINDOW_MS, "timestamp": now_ms})
    return f"{query}&signature={signature(secret, query)}"


def signed(url: str, path: str, method: str = "GET", **parameters: object) -> Any:
    """Return the answer to a signed request; raises ``HTTPError`` when it is refused."""
    query = signed_query(venue_ms(url), **parameters)
    request = urllib.request.Request(f"{url}{path}?{query}", headers=HEADERS, method=method)
    with _OPENER.open(request, timeout=60) as answer:
        return json.load(answer)


def in_venue_time(api: Any, url: str) -> Any:
    """Let a ccxt client sign at the venue's time; return it."""
    api.nonce = lambda: venue_ms(url)
    return api


@contextmanager
def clients_in_venue_time(url: str) -> Iterator[None]:
    """Let every ccxt client of Binance that the block makes sign at the venue's time."""
    with pytest.MonkeyPatch.context() as patch:
        for kind in (ccxt.binance, ccxt.async_support.binance):
            patch.setattr(kind, "nonce", lambda self: venue_ms(url))
        yield
