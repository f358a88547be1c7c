"""Signed endpoints called without a network, as the account tests need them."""

from typing import Any

from plimsoll.venue.api.private import PRIVATE
from plimsoll.venue.errors import ApiError
from plimsoll.venue.exchange import Exchange

ORDER, ALGO = "/fapi/v1/order", "/fapi/v1/algoOrder"


def call(exchange: Exchange, method: str, path: str, **parameters: object) -> Any:
    """Return an endpoint's answer at the clock's now, for BTCUSDT unless a symbol is given."""
    texts = {"symbol": "BTCUSDT"} | {name: str(value) for name, value in parameters.items()}
    now_ms = exchange.clock.now_ms()
    exchange.advance(now_ms)
    return PRIVATE[method, path](exchange, texts, now_ms)


def code_of(exchange: Exchange, method: str, path: str, **parameters: object) -> int:
    """Return the code of a refusal, 0 when there is none."""
    try:
        call(exchange, method, path, **parameters)
    except ApiError as error:
        return error.code
    return 0


def near(exchange: Exchange, fraction: float) -> float:
    """Return a price at a fraction of BTC's last one, on its tick."""
    return round(exchange.snapshot("BTCUSDT", exchange.clock.now_ms()).last * fraction, 1)


def buy(exchange: Exchange, quantity: float = 0.1, **more: object) -> Any:
    """Buy at the market."""
    asked = {"side": "BUY", "type": "MARKET", "quantity": quantity, **more}
    return call(exchange, "POST", ORDER, **asked)


def rest(exchange: Exchange, quantity: float = 0.01, **more: object) -> Any:
    """Place a bid far below the market."""
    price = near(exchange, 0.9)
    asked = {"side": "BUY", "type": "LIMIT", "quantity": quantity, "price": price, **more}
    return call(exchange, "POST", ORDER, timeInForce="GTC", **asked)


def stop(exchange: Exchange, quantity: float = 0.1, fraction: float = 0.99, **more: object) -> Any:
    """Place a stop below the market."""
    asked = {"side": "SELL", "type": "STOP_MARKET", "quantity": quantity, "algoType": "CONDITIONAL"}
    trigger = near(exchange, fraction)
    return call(exchange, "POST", ALGO, triggerPrice=trigger, **asked, **more)
