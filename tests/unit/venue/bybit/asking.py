"""Bybit's endpoints asked without a network, and requests as a client signs them."""

from typing import Any

from plimsoll.venue.bybit.dialect import PRIVATE
from plimsoll.venue.bybit.envelope import BybitError, translated
from plimsoll.venue.bybit.public import PUBLIC
from plimsoll.venue.bybit.signing import KEY, SIGN, TIMESTAMP, WINDOW
from plimsoll.venue.errors import ApiError
from plimsoll.venue.exchange import Exchange
from plimsoll.venue.keys import DEFAULT_PAIR, KeyPair, signature

CREATE, CANCEL = "/v5/order/create", "/v5/order/cancel"
REALTIME, HISTORY = "/v5/order/realtime", "/v5/order/history"


def ask(exchange: Exchange, path: str, **parameters: object) -> Any:
    """Return a public endpoint's result at the clock's now, for BTCUSDT unless told otherwise."""
    return PUBLIC[path](exchange, _texts(parameters), exchange.clock.now_ms())


def call(
    exchange: Exchange, method: str, path: str, pair: KeyPair = DEFAULT_PAIR, **parameters: object
) -> Any:
    """Return a signed endpoint's result at the clock's now."""
    now_ms = exchange.clock.now_ms()
    exchange.advance(now_ms)
    return PRIVATE[method, path](exchange, _texts(parameters), now_ms, pair)


def _texts(parameters: dict[str, object]) -> dict[str, str]:
    given = {"category": "linear", "symbol": "BTCUSDT", **parameters}
    return {name: str(value) for name, value in given.items() if value is not None}


def code_of(exchange: Exchange, method: str, path: str, **parameters: object) -> int:
    """Return the code of a refusal, 0 when there is none."""
    try:
        if method == "PUBLIC":
            ask(exchange, path, **parameters)
        else:
            call(exchange, method, path, **parameters)
    except ApiError as error:
        return translated(error).code
    except BybitError as error:
        return error.code
    return 0


def buy(exchange: Exchange, qty: float = 0.1, **more: object) -> str:
    """Buy at the market; return the order's id."""
    wanted = {"side": "Buy", "orderType": "Market", "qty": qty, **more}
    return str(call(exchange, "POST", CREATE, **wanted)["orderId"])


def near(exchange: Exchange, fraction: float) -> float:
    """Return a price at a fraction of BTC's last one, on its tick."""
    return round(exchange.snapshot("BTCUSDT", exchange.clock.now_ms()).last * fraction, 1)


def stop(exchange: Exchange, fraction: float = 0.98, qty: float = 0.1, **more: object) -> str:
    """Place a stop below the market; return its id."""
    wanted = {"side": "Sell", "orderType": "Market", "qty": qty, "triggerDirection": 2}
    trigger = {"triggerPrice": near(exchange, fraction), "reduceOnly": "true"}
    return str(call(exchange, "POST", CREATE, **wanted, **trigger, **more)["orderId"])


def shown(exchange: Exchange, order_id: str) -> dict[str, Any]:
    """Return an order as a client sees it that asks for it by name."""
    [row] = call(exchange, "GET", REALTIME, orderId=order_id)["list"]
    return dict(row)


def headers(now_ms: int, text: str = "", pair: KeyPair = DEFAULT_PAIR) -> dict[str, str]:
    """Return the headers that sign a query or a body."""
    origin = f"{now_ms}{pair.key}5000{text}"
    return {
        KEY: pair.key,
        TIMESTAMP: str(now_ms),
        WINDOW: "5000",
        SIGN: signature(pair.secret, origin),
    }
