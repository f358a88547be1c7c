"""The signed order endpoints of spot: place, show, cancel, list.

Source: developers.binance.com, spot, REST API, "Trading endpoints".
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from plimsoll.venue.account.spot_checks import check_spot_counts, check_spot_filters
from plimsoll.venue.account.spot_wallet import BUY, CONDITIONAL, SELL, SpotOrder
from plimsoll.venue.api.parameters import Parameters, integer, limit_of, required
from plimsoll.venue.api.public import symbol_of
from plimsoll.venue.errors import ApiError
from plimsoll.venue.exchange import Exchange
from plimsoll.venue.spot.order_shape import cancelled, placed, shown
from plimsoll.venue.spot.parameters import amount
from plimsoll.venue.spot.public import ORDER_TYPES, require_trading

Answer = dict[str, Any] | list[Any]
Private = Callable[[Exchange, Parameters, int], Answer]
ORDER = "/api/v3/order"
DAY_MS = 86_400_000
IN_FORCE = ("GTC", "IOC", "FOK")
NEEDED = {
    "LIMIT": ("timeInForce", "quantity", "price"),
    "LIMIT_MAKER": ("quantity", "price"),
    "STOP_LOSS_LIMIT": ("timeInForce", "quantity", "price", "stopPrice"),
    "TAKE_PROFIT_LIMIT": ("timeInForce", "quantity", "price", "stopPrice"),
}
UNNEEDED = {
    "LIMIT": ("stopPrice", "quoteOrderQty"),
    "LIMIT_MAKER": ("timeInForce", "stopPrice", "quoteOrderQty"),
    "MARKET": ("timeInForce", "price", "stopPrice"),
    "STOP_LOSS_LIMIT": ("quoteOrderQty",),
    "TAKE_PROFIT_LIMIT": ("quoteOrderQty",),
}
_NO_ORDER = {-2013: "Order does not exist.", -2011: "Unknown order sent."}


def fault_name(parameters: Parameters) -> tuple[str, str]:
    """Return the name by which a fault of the contracts' dialect names such an order."""
    waits = parameters.get("type") in CONDITIONAL
    return "POST", "/fapi/v1/algoOrder" if waits else "/fapi/v1/order"


def _parse(exchange: Exchange, parameters: Parameters, now_ms: int) -> SpotOrder:
    """Return the order that a request asks for, checked; raises `ApiError` as Binance refuses."""
    symbol = symbol_of(exchange, parameters, now_ms)
    side, kind = required(parameters, "side"), required(parameters, "type")
    if side not in (BUY, SELL):
        raise ApiError(-1117, "Invalid side.")
    if kind not in ORDER_TYPES:
        raise ApiError(-1116, "Invalid orderType.")
    for name in NEEDED.get(kind, ()):
        required(parameters, name)
    for name in UNNEEDED[kind]:
        if parameters.get(name):
            raise ApiError(-1106, f"Parameter '{name}' sent when not required.")
    if kind == "MARKET" and bool(parameters.get("quantity")) == bool(
        parameters.get("quoteOrderQty")
    ):
        text = "Param 'quantity' or 'quoteOrderQty' must be sent, but both were empty/null!"
        raise ApiError(-1102, text)
    time_in_force = parameters.get("timeInForce", "GTC")
    if time_in_force not in IN_FORCE:
        raise ApiError(-1115, "Invalid timeInForce.")
    require_trading(exchange, symbol)
    wallet = exchange.spot.wallet
    number = wallet.next_id()
    order = SpotOrder(
        id=number,
        client_id=parameters.get("newClientOrderId") or f"venue-{number}",
        symbol=symbol,
        side=side,
        kind=kind,
        quantity=amount(parameters, "quantity"),
        price=amount(parameters, "price"),
        stop_price=amount(parameters, "stopPrice"),
        quote_quantity=amount(parameters, "quoteOrderQty"),
        time_in_force=time_in_force,
        created_ms=now_ms,
        updated_ms=now_ms,
    )
    last = Decimal(repr(exchange.snapshot(symbol, now_ms).last))
    check_spot_filters(order, exchange.spot.filters(symbol), last)
    check_spot_counts(order, wallet)
    return order


def place_order(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Place an order."""
    exchange.note_order(
        symbol=parameters.get("symbol", ""),
        client_id=parameters.get("newClientOrderId", ""),
        side=parameters.get("side", ""),
        kind=parameters.get("type", ""),
        now_ms=now_ms,
    )
    order = _parse(exchange, parameters, now_ms)
    asked = (("POST", ORDER), fault_name(parameters))
    kept = exchange.place_spot(order, *asked, now_ms=now_ms)
    usual = "ACK" if order.is_conditional else "FULL"
    return placed(exchange, kept, parameters.get("newOrderRespType") or usual)


def test_order(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Check an order and do nothing."""
    _parse(exchange, parameters, now_ms)
    return {}


def _find(exchange: Exchange, parameters: Parameters, now_ms: int, code: int) -> SpotOrder:
    symbol, wallet = symbol_of(exchange, parameters, now_ms), exchange.spot.wallet
    number, client_id = integer(parameters, "orderId"), parameters.get("origClientOrderId", "")
    if number is None and not client_id:
        text = "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!"
        raise ApiError(-1102, text)
    if number is not None:
        one = wallet.orders.get(number)
        named = [] if one is None else [one]
    else:
        named = wallet.of_client(client_id)
    for order in named:
        if order.symbol == symbol:
            return order
    raise ApiError(code, _NO_ORDER[code])


def show_order(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Return one order."""
    return shown(exchange, _find(exchange, parameters, now_ms, -2013))


def cancel_order(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Cancel an order; what it had locked is free again."""
    order = _find(exchange, parameters, now_ms, -2011)
    return cancelled(exchange, exchange.spot.cancel(order, now_ms), now_ms)


def open_orders(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Return the open orders of one coin or all."""
    symbol = symbol_of(exchange, parameters, now_ms) if parameters.get("symbol") else None
    return [shown(exchange, order) for order in exchange.spot.wallet.open_orders(symbol)]


def cancel_all(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Cancel every open order of a coin; raises `ApiError` -2011 where there is none."""
    orders = exchange.spot.wallet.open_orders(symbol_of(exchange, parameters, now_ms))
    if not orders:
        raise ApiError(-2011, _NO_ORDER[-2011])
    ended = [exchange.spot.cancel(order, now_ms) for order in orders]
    return [cancelled(exchange, order, now_ms) for order in ended]


def all_orders(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Return the orders of a coin, oldest first: from an id on, of a day, or the last ones."""
    symbol = symbol_of(exchange, parameters, now_ms)
    first, limit = (
        integer(parameters, "orderId"),
        limit_of(parameters, default=500, maximum=1000),
    )
    since, until = span_of(parameters)
    orders = [
        order
        for order in exchange.spot.wallet.orders.values()
        if order.symbol == symbol
        and (first is None or order.id >= first)
        and (since is None or order.created_ms >= since)
        and (until is None or order.created_ms <= until)
    ]
    from_start = first is not None or since is not None
    kept = orders[:limit] if from_start else orders[-limit:]
    return [shown(exchange, order) for order in kept]


def span_of(parameters: Parameters) -> tuple[int | None, int | None]:
    """Return first and last instant that are asked for: a day at most with both."""
    since, until = integer(parameters, "startTime"), integer(parameters, "endTime")
    if since is not None and until is not None and not 0 <= until - since <= DAY_MS:
        raise ApiError(-1127, "More than 24 hours between startTime and endTime.")
    return since, until


ORDERS: dict[tuple[str, str], Private] = {
    ("POST", ORDER): place_order,
    ("POST", "/api/v3/order/test"): test_order,
    ("GET", ORDER): show_order,
    ("DELETE", ORDER): cancel_order,
    ("GET", "/api/v3/openOrders"): open_orders,
    ("DELETE", "/api/v3/openOrders"): cancel_all,
    ("GET", "/api/v3/allOrders"): all_orders,
}
