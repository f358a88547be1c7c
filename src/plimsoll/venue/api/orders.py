"""The signed order endpoints: place, show, cancel, list."""

from collections.abc import Callable
from typing import Any

from plimsoll.venue.account.filters import check_filters
from plimsoll.venue.account.matching import CONDITIONAL_KINDS, Order
from plimsoll.venue.api.account_faults import require_position_side
from plimsoll.venue.api.order_shape import shown
from plimsoll.venue.api.parameters import Parameters, decimal, integer, limit_of, required
from plimsoll.venue.api.public import symbol_of
from plimsoll.venue.errors import ApiError
from plimsoll.venue.exchange import Exchange

Answer = dict[str, Any] | list[Any]
Private = Callable[[Exchange, Parameters, int], Answer]


def _parse_order(exchange: Exchange, parameters: Parameters, now_ms: int) -> Order:
    symbol = symbol_of(exchange, parameters, now_ms)
    side, kind = required(parameters, "side"), required(parameters, "type")
    if side not in ("BUY", "SELL"):
        raise ApiError(-1117, "Invalid side.")
    if kind not in ("LIMIT", "MARKET", *CONDITIONAL_KINDS):
        raise ApiError(-1116, "Invalid orderType.")
    is_priced = kind in ("LIMIT", "STOP", "TAKE_PROFIT")
    trigger = decimal(parameters, "triggerPrice") or decimal(parameters, "stopPrice")
    order_id = exchange.matching.next_id()
    named = next((parameters[n] for n in _CLIENT_IDS if parameters.get(n)), "")
    order = Order(
        id=order_id,
        client_id=named or f"venue-{order_id}",
        symbol=symbol,
        side=side,
        kind=kind,
        quantity=decimal(parameters, "quantity"),
        price=decimal(parameters, "price") if is_priced else 0.0,
        trigger_price=trigger,
        time_in_force=parameters.get("timeInForce", "GTC"),
        position_side=parameters.get("positionSide", "BOTH"),
        reduce_only=parameters.get("reduceOnly", "").lower() == "true",
        close_position=parameters.get("closePosition", "").lower() == "true",
        working_type=parameters.get("workingType", "CONTRACT_PRICE"),
        price_protect=parameters.get("priceProtect", "").lower() == "true",
        created_ms=now_ms,
        updated_ms=now_ms,
    )
    check_filters(order, exchange.spec(symbol), exchange.snapshot(symbol, now_ms).last)
    return order


def place_order(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Place an order; conditional ones have an endpoint of their own."""
    if parameters.get("type") in CONDITIONAL_KINDS:
        text = "Order type not supported for this endpoint. Please use the Algo Order API endpoints"
        raise ApiError(-4120, f"{text} instead.")
    return _place(exchange, "/fapi/v1/order", parameters, now_ms)


def place_conditional_order(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Place an order that waits for a trigger price."""
    if required(parameters, "algoType") != "CONDITIONAL":
        raise ApiError(-1130, "Data sent for parameter 'algoType' is not valid.")
    if required(parameters, "type") not in CONDITIONAL_KINDS:
        raise ApiError(-1130, "Data sent for parameter 'type' is not valid.")
    return _place(exchange, "/fapi/v1/algoOrder", parameters, now_ms)


def test_order(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Check an order and do nothing."""
    _parse_order(exchange, parameters, now_ms)
    return {}


def _place(exchange: Exchange, path: str, parameters: Parameters, now_ms: int) -> Answer:
    exchange.note_order(
        symbol=parameters.get("symbol", ""),
        client_id=next((parameters[n] for n in _CLIENT_IDS if parameters.get(n)), ""),
        side=parameters.get("side", ""),
        kind=parameters.get("type", ""),
        now_ms=now_ms,
    )
    order = _parse_order(exchange, parameters, now_ms)
    require_position_side(exchange, parameters.get("positionSide"), now_ms)
    return shown(exchange, exchange.place(order, ("POST", path), now_ms=now_ms))


_CLIENT_IDS = ("newClientOrderId", "clientAlgoId")


def find_order(
    exchange: Exchange, parameters: Parameters, *, conditional: bool, code: int = -2013
) -> Order:
    """Return the order that a request names; raises `ApiError` with the code when there is none."""
    names = ("algoId", "clientAlgoId") if conditional else ("orderId", "origClientOrderId")
    symbol = parameters.get("symbol") or None
    number, client_id = integer(parameters, names[0]), parameters.get(names[1], "")
    orders = exchange.account.orders
    if number is not None:
        one = orders.by_id.get(number)
        named = [] if one is None else [one]
    else:
        named = orders.of_client(client_id)
    for order in named:
        if order.is_conditional == conditional and symbol in (None, order.symbol):
            return order
    raise ApiError(code, _NO_ORDER[code])


_NO_ORDER = {-2013: "Order does not exist.", -2011: "Unknown order sent."}


def _show(*, conditional: bool) -> Private:
    def endpoint(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
        del now_ms
        return shown(exchange, find_order(exchange, parameters, conditional=conditional))

    return endpoint


def _show_open(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    del now_ms
    order = find_order(exchange, parameters, conditional=False)
    if not order.is_open:
        raise ApiError(-2013, _NO_ORDER[-2013])
    return shown(exchange, order)


def _cancel(*, conditional: bool) -> Private:
    def endpoint(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
        order = find_order(exchange, parameters, conditional=conditional, code=-2011)
        answer = shown(exchange, exchange.matching.cancel(order, now_ms))
        return answer | {"code": "200", "msg": "success"} if conditional else answer

    return endpoint


def _list(*, conditional: bool, only_open: bool) -> Private:
    def endpoint(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
        del now_ms
        symbol = parameters.get("symbol")
        since, until = integer(parameters, "startTime"), integer(parameters, "endTime")
        limit = limit_of(parameters, default=500, maximum=1000)
        every = exchange.matching.open_orders if only_open else exchange.matching.orders.values
        orders = [
            order
            for order in every()
            if order.is_conditional == conditional
            and symbol in (None, "", order.symbol)
            and (since is None or order.created_ms >= since)
            and (until is None or order.created_ms <= until)
        ]
        return [shown(exchange, order) for order in orders[-limit:]]

    return endpoint


def _cancel_all(*, conditional: bool) -> Private:
    def endpoint(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
        for order in exchange.matching.open_orders(symbol_of(exchange, parameters, now_ms)):
            if order.is_conditional == conditional:
                exchange.matching.cancel(order, now_ms)
        return {"code": 200, "msg": "The operation of cancel all open order is done."}

    return endpoint


ORDERS: dict[tuple[str, str], Private] = {
    ("POST", "/fapi/v1/order"): place_order,
    ("POST", "/fapi/v1/order/test"): test_order,
    ("GET", "/fapi/v1/order"): _show(conditional=False),
    ("DELETE", "/fapi/v1/order"): _cancel(conditional=False),
    ("GET", "/fapi/v1/openOrder"): _show_open,
    ("GET", "/fapi/v1/openOrders"): _list(conditional=False, only_open=True),
    ("GET", "/fapi/v1/allOrders"): _list(conditional=False, only_open=False),
    ("DELETE", "/fapi/v1/allOpenOrders"): _cancel_all(conditional=False),
    ("POST", "/fapi/v1/algoOrder"): place_conditional_order,
    ("DELETE", "/fapi/v1/algoOpenOrders"): _cancel_all(conditional=True),
    ("GET", "/fapi/v1/algoOrder"): _show(conditional=True),
    ("DELETE", "/fapi/v1/algoOrder"): _cancel(conditional=True),
    ("GET", "/fapi/v1/openAlgoOrders"): _list(conditional=True, only_open=True),
    ("GET", "/fapi/v1/allAlgoOrders"): _list(conditional=True, only_open=False),
}
