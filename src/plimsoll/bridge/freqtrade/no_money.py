"""Whether a bot in live mode trades on the simulated exchange, where no money is at stake."""

import json
import urllib.request
from collections.abc import Iterator
from http.client import HTTPException
from typing import Any
from urllib.parse import SplitResult, urlsplit

from plimsoll.bridge.freqtrade.order_ids import ccxt_objects
from plimsoll.bridge.freqtrade.venue_clock import LOOPBACK_HOSTS

WAIT_SECONDS = 10.0
PROXIES = {"https": ("httpsProxy", "https_proxy"), "wss": ("wssProxy", "wss_proxy")}
"""By scheme, the proxies that lead a request of ccxt to the simulated exchange."""
OTHER_PROXIES = (
    *("proxy", "proxyUrl", "proxy_url", "proxyUrlCallback", "proxy_url_callback"),
    *("httpProxy", "http_proxy", "httpProxyCallback", "http_proxy_callback"),
    *("httpsProxyCallback", "https_proxy_callback", "socksProxy", "socks_proxy"),
    *("socksProxyCallback", "socks_proxy_callback", "wsProxy", "ws_proxy", "wsSocksProxy"),
    *("ws_socks_proxy", "aiohttp_proxy", "aiohttp_socks_connector"),
)
"""Settings by which ccxt would send a request elsewhere than its address says."""


def is_without_money(exchange: Any) -> bool:
    """Return whether every request of an exchange object ends at a simulated exchange.

    No setting says so: a config could say it and trade with money. What counts is where the objects
    that send orders would send them. Each of their addresses must lead to one and the same port of
    this machine, by itself or by the proxy that encrypted ones take, and what listens there must
    answer as the simulated exchange does. A real forwarding proxy on this machine does not.
    """
    place = port_of_this_machine(exchange)
    return place is not None and _is_simulated(place)


def port_of_this_machine(exchange: Any) -> str | None:
    """Return host and port on this machine that all requests lead to; ``None`` where none does."""
    places: set[str | None] = set()
    for api in [*ccxt_objects(exchange), *_websockets(exchange)]:
        if any(getattr(api, name, None) for name in OTHER_PROXIES):
            return None
        for address in _addresses(api.urls.get("api")):
            places.add(_destination(api, urlsplit(address)))
    return places.pop() if len(places) == 1 else None


def _websockets(exchange: Any) -> list[Any]:
    return [one for one in (getattr(exchange, "_ws_async", None),) if one is not None]


def _addresses(urls: Any) -> Iterator[str]:
    if isinstance(urls, str):
        yield urls
    elif isinstance(urls, dict):
        for one in urls.values():
            yield from _addresses(one)


def _destination(api: Any, address: SplitResult) -> str | None:
    """Return host and port on this machine that an address leads to; ``None`` for any other."""
    if _is_local(address):
        return address.netloc
    proxies = [getattr(api, name, None) for name in PROXIES.get(address.scheme, ())]
    named = [urlsplit(str(one)) for one in proxies if one]
    if len(named) == 1 and _is_local(named[0]):
        return named[0].netloc
    return None


def _is_local(address: SplitResult) -> bool:
    return address.hostname in LOOPBACK_HOSTS and address.port is not None


def _is_simulated(place: str) -> bool:
    # No proxy of the environment: it is on this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://{place}/plimsoll/health", timeout=WAIT_SECONDS) as answer:
            told = json.load(answer)
        return bool(told["market"]) and isinstance(told["symbols"], list)
    except (OSError, HTTPException, ValueError, KeyError, TypeError):
        return False
