"""The signed endpoints that change orders: modifying, batches, the countdown that cancels all."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson

from plimsoll.venue.account.filters import check_filters
from plimsoll.venue.account.margin import check_order
from plimsoll.venue.account.orders import Order
from plimsoll.venue.api.order_shape import shown
from plimsoll.venue.api.orders import Answer, Private, find_order, place_order
from plimsoll.venue.api.parameters import Parameters, decimal, integer, required
from plimsoll.venue.api.public import symbol_of
from plimsoll.venue.errors import ApiError
from plimsoll.venue.exchange import Exchange

MOST_IN_A_BATCH, MOST_CANCELLED = 5, 10
UNCHANGED = (-5027, "No need to modify the order.")


def modify_order(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Give a resting limit order another quantity or price; its place in the queue is lost.

    One whose new quantity is filled already is cancelled, as on Binance.
    """
    symbol_of(exchange, parameters, now_ms)
    order = find_order(exchange, parameters, conditional=False)
    if required(parameters, "side") != order.side:
        raise ApiError(-5025, "Only limit order is supported, with the side that it has.")
    if order.kind != "LIMIT" or not order.is_open:
        raise ApiError(-5025, "Only limit order is supported.")
    price = decimal(parameters, "price") or order.price
    quantity = decimal(parameters, "quantity") or order.quantity
    if (price, quantity) == (order.price, order.quantity):
        raise ApiError(*UNCHANGED)
    if quantity <= order.executed:
        return shown(exchange, exchange.matching.cancel(order, now_ms))
    changed = replace(order, price=price, quantity=quantity)
    last = exchange.snapshot(order.symbol, now_ms).last
    check_filters(changed, exchange.spec(order.symbol), last)
    _check_margin(exchange, order, changed)
    exchange.matching.amend(order, quantity, price, now_ms)
    return shown(exchange, order)


def _check_margin(exchange: Exchange, order: Order, changed: Order) -> None:
    """Refuse what the balance does not cover beyond what the order holds already."""
    more = changed.quantity * changed.price - order.quantity * order.price
    if more > 0.0:
        check_order(exchange.account, changed, more / changed.price, changed.price)


def _each(parameters: Parameters, name: str, most: int) -> list[Any]:
    try:
        rows = orjson.loads(required(parameters, name))
    except orjson.JSONDecodeError:
        rows = None
    if not isinstance(rows, list) or not 1 <= len(rows) <= most:
        raise ApiError(-4082, "Invalid number of batch orders.")
    return rows


def _texts(row: Mapping[str, Any]) -> dict[str, str]:
    """Return a batch's entry as the parameters of a single request."""
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in row.items()
    }


def _batch(one: Private) -> Private:
    """Return the endpoint that does one thing several times; each fails for itself."""

    def endpoint(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
        rows = _each(parameters, "batchOrders", MOST_IN_A_BATCH)
        if not all(isinstance(row, dict) for row in rows):
            raise ApiError(-4082, "Invalid number of batch orders.")
        return [_tried(one, exchange, _texts(row), now_ms) for row in rows]

    return endpoint


def _tried(one: Private, exchange: Exchange, parameters: Parameters, now_ms: int) -> Any:
    try:
        return one(exchange, parameters, now_ms)
    except ApiError as error:
        return {"code": error.code, "msg": error.message}


def _cancel_one(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    order = find_order(exchange, parameters, conditional=False, code=-2011)
    return shown(exchange, exchange.matching.cancel(order, now_ms))


def cancel_batch(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Cancel orders of one contract, named by either of their ids."""
    symbol = symbol_of(exchange, parameters, now_ms)
    lists = {name.lower(): name for name in parameters}
    for kind, name in (("orderidlist", "orderId"), ("origclientorderidlist", "origClientOrderId")):
        if kind in lists:
            numbers = _each(parameters, lists[kind], MOST_CANCELLED)
            named = [{"symbol": symbol, name: str(number)} for number in numbers]
            return [_tried(_cancel_one, exchange, one, now_ms) for one in named]
    raise ApiError(-1102, "Either orderIdList or origClientOrderIdList must be sent.")


def countdown_cancel_all(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Cancel a contract's orders after so many milliseconds unless called again; 0 stops it."""
    symbol = symbol_of(exchange, parameters, now_ms)
    required(parameters, "countdownTime")
    wait_ms = integer(parameters, "countdownTime") or 0
    if wait_ms < 0:
        raise ApiError(-1130, "Data sent for parameter 'countdownTime' is not valid.")
    exchange.countdowns.pop(symbol, None)
    if wait_ms:
        exchange.countdowns[symbol] = now_ms + wait_ms
    return {"symbol": symbol, "countdownTime": str(wait_ms)}


ORDER_CHANGES: dict[tuple[str, str], Private] = {
    ("PUT", "/fapi/v1/order"): modify_order,
    ("POST", "/fapi/v1/batchOrders"): _batch(place_order),
    ("PUT", "/fapi/v1/batchOrders"): _batch(modify_order),
    ("DELETE", "/fapi/v1/batchOrders"): cancel_batch,
    ("POST", "/fapi/v1/countdownCancelAll"): countdown_cancel_all,
}
