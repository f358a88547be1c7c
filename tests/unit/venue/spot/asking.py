"""Spot's endpoints asked without a network, and queries as a client signs them."""

from typing import Any
from urllib.parse import urlencode

import orjson

from plimsoll.venue.errors import ApiError
from plimsoll.venue.exchange import Exchange
from plimsoll.venue.keys import DEFAULT_PAIR, KeyPair, signature
from plimsoll.venue.spot.dialect import PRIVATE
from plimsoll.venue.spot.public import PUBLIC

ORDER = "/api/v3/order"


def ask(exchange: Exchange, path: str, **parameters: object) -> Any:
    """Return a public endpoint's answer at the clock's now, as a client reads it."""
    answer = PUBLIC[path](exchange, _texts(parameters), exchange.clock.now_ms())
    return orjson.loads(answer if isinstance(answer, bytes) else orjson.dumps(answer))


def call(exchange: Exchange, method: str, path: str, **parameters: object) -> Any:
    """Return a signed endpoint's answer at the clock's now, for BTCUSDT unless told otherwise."""
    now_ms = exchange.clock.now_ms()
    exchange.advance(now_ms)
    texts = _texts({"symbol": "BTCUSDT", **parameters})
    return orjson.loads(orjson.dumps(PRIVATE[method, path](exchange, texts, now_ms)))


def _texts(parameters: dict[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in parameters.items() if value is not None}


def code_of(exchange: Exchange, method: str, path: str, **parameters: object) -> int:
    """Return the code of a refusal, 0 when there is none."""
    try:
        if method == "PUBLIC":
            ask(exchange, path, **parameters)
        else:
            call(exchange, method, path, **parameters)
    except ApiError as error:
        return error.code
    return 0


def buy(exchange: Exchange, quantity: float = 0.02) -> Any:
    """Buy BTC at the market; return the answer."""
    return call(exchange, "POST", ORDER, side="BUY", type="MARKET", quantity=quantity)


def near(exchange: Exchange, fraction: float) -> float:
    """Return a price at a fraction of BTC's last one, on its tick."""
    return round(exchange.snapshot("BTCUSDT", exchange.clock.now_ms()).last * fraction, 1)


def stop(exchange: Exchange, fraction: float = 0.97, quantity: float = 0.01) -> Any:
    """Place a stop below the market; return the answer."""
    stop_price, price = near(exchange, fraction), near(exchange, fraction * 0.98)
    kind = {"side": "SELL", "type": "STOP_LOSS_LIMIT", "timeInForce": "GTC"}
    terms = {"quantity": quantity, "stopPrice": stop_price, "price": price}
    return call(exchange, "POST", ORDER, **kind, **terms)


def signed(now_ms: int, pair: KeyPair = DEFAULT_PAIR, **parameters: object) -> str:
    """Return a query with its timestamp and signature."""
    query = urlencode({**parameters, "timestamp": now_ms})
    return f"{query}&signature={signature(pair.secret, query)}"
