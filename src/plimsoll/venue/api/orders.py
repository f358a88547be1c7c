"""The signed order endpoints: place, show, cancel, list."""

from collections.abc import Callable
from typing import Any

from plimsoll.venue.account.ledger import AMOUNT_TOLERANCE
from plimsoll.venue.account.matching import CONDITIONAL_KINDS, ORDER_REJECTED, Order
from plimsoll.venue.api.account_faults import require_position_side
from plimsoll.venue.api.parameters import Parameters, integer, limit_of, required
from plimsoll.venue.api.public import symbol_of
from plimsoll.venue.api.render import plain
from plimsoll.venue.errors import ApiError
from plimsoll.venue.exchange import Exchange
from plimsoll.venue.faults import EXPIRE_ORDER, REJECT_ORDER
from plimsoll.venue.market.base import Snapshot
from plimsoll.venue.market.symbols import SymbolSpec

Answer = dict[str, Any] | list[Any]
Private = Callable[[Exchange, Parameters, int], Answer]


def _decimal(parameters: Parameters, name: str) -> float:
    text = parameters.get(name, "")
    if not text:
        return 0.0
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0.0 <= value < 1e15:
        raise ApiError(-1100, f"Illegal characters found in parameter '{name}'.")
    return value


def _is_step(value: float, step: float) -> bool:
    return abs(value / step - round(value / step)) < 1e-6


def _parse_order(exchange: Exchange, parameters: Parameters, now_ms: int) -> Order:
    symbol = symbol_of(exchange, parameters, now_ms)
    side, kind = required(parameters, "side"), required(parameters, "type")
    if side not in ("BUY", "SELL"):
        raise ApiError(-1117, "Invalid side.")
    if kind not in ("LIMIT", "MARKET", *CONDITIONAL_KINDS):
        raise ApiError(-1116, "Invalid orderType.")
    is_priced = kind in ("LIMIT", "STOP", "TAKE_PROFIT")
    trigger = _decimal(parameters, "triggerPrice") or _decimal(parameters, "stopPrice")
    order_id = exchange.matching.next_id()
    names = ("newClientOrderId", "clientAlgoId")
    order = Order(
        id=order_id,
        client_id=next((parameters[n] for n in names if parameters.get(n)), f"venue-{order_id}"),
        symbol=symbol,
        side=side,
        kind=kind,
        quantity=_decimal(parameters, "quantity"),
        price=_decimal(parameters, "price") if is_priced else 0.0,
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
    _check_filters(order, exchange.spec(symbol), exchange.snapshot(symbol, now_ms))
    return order


def _check_filters(order: Order, spec: SymbolSpec, now: Snapshot) -> None:
    """Refuse what the contract's filters refuse."""
    if order.is_conditional and order.trigger_price <= 0.0:
        raise ApiError(-1102, "Mandatory parameter 'triggerprice' was not sent.")
    if order.kind in ("LIMIT", "STOP", "TAKE_PROFIT") and order.price <= 0.0:
        raise ApiError(-1102, "Mandatory parameter 'price' was not sent, was empty/null.")
    if order.quantity <= 0.0 and not order.close_position:
        raise ApiError(-4003, "Quantity less than or equal to zero.")
    if not _is_step(order.quantity, spec.step_size):
        raise ApiError(-1111, "Precision is over the maximum defined for this asset.")
    if not all(_is_step(price, spec.tick_size) for price in (order.price, order.trigger_price)):
        raise ApiError(-4014, "Price not increased by tick size.")
    notional = order.quantity * (order.price or order.trigger_price or now.last)
    if notional < spec.min_notional_usd and not (order.reduce_only or order.close_position):
        least = plain(spec.min_notional_usd, 0)
        text = f"Order's notional must be no smaller than {least} (unless you choose reduce only)."
        raise ApiError(ORDER_REJECTED, text)


def place_order(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Place an order."""
    order = _parse_order(exchange, parameters, now_ms)
    require_position_side(exchange, parameters.get("positionSide"), now_ms)
    path = "/fapi/v1/algoOrder" if order.is_conditional else "/fapi/v1/order"
    asked = (path, order.symbol, now_ms)
    closes = order.reduce_only or order.close_position
    rejecting = exchange.faults.hit_order(REJECT_ORDER, *asked, closes=closes)
    if rejecting is not None:
        raise ApiError(*rejecting.rejection)
    if exchange.faults.hit_order(EXPIRE_ORDER, *asked, closes=closes) is not None:
        return _shown(exchange, exchange.matching.expire(order, now_ms))
    return _shown(exchange, exchange.matching.submit(order, now_ms))


def _shown(exchange: Exchange, order: Order) -> dict[str, Any]:
    """Return an order as Binance shows it: conditional ones have a shape of their own."""
    spec = exchange.market.specs[order.symbol]
    price = plain(order.price, spec.price_decimals)
    quantity = plain(order.quantity, spec.size_decimals)
    common = {
        "symbol": order.symbol,
        "side": order.side,
        "positionSide": order.position_side,
        "timeInForce": order.time_in_force,
        "price": price,
        "reduceOnly": order.reduce_only,
        "closePosition": order.close_position,
        "workingType": order.working_type,
        "priceProtect": order.price_protect,
        "updateTime": order.updated_ms,
    }
    if order.is_conditional:
        return common | {
            "algoId": order.id,
            "clientAlgoId": order.client_id,
            "algoType": "CONDITIONAL",
            "orderType": order.kind,
            "quantity": quantity,
            "algoStatus": order.status,
            "triggerPrice": plain(order.trigger_price, spec.price_decimals),
            "actualOrderId": str(order.child_id) if order.child_id else "",
            "createTime": order.created_ms,
        }
    average = order.quote_usd / order.executed if order.executed > AMOUNT_TOLERANCE else 0.0
    return common | {
        "orderId": order.id,
        "clientOrderId": order.client_id,
        "status": order.status,
        "avgPrice": plain(average, spec.price_decimals + 2),
        "origQty": quantity,
        "executedQty": plain(order.executed, spec.size_decimals),
        "cumQuote": plain(order.quote_usd, 6),
        "type": order.kind,
        "origType": order.kind,
        "stopPrice": "0",
        "time": order.created_ms,
    }


def _find_order(
    exchange: Exchange, parameters: Parameters, now_ms: int, *, conditional: bool
) -> Order:
    names = ("algoId", "clientAlgoId") if conditional else ("orderId", "origClientOrderId")
    symbol = parameters.get("symbol")
    number, client_id = integer(parameters, names[0]), parameters.get(names[1])
    del now_ms
    for order in exchange.matching.orders.values():
        same = order.id == number if number is not None else order.client_id == client_id
        if same and order.is_conditional == conditional and symbol in (None, order.symbol):
            return order
    raise ApiError(-2013, "Order does not exist.")


def _show(*, conditional: bool) -> Private:
    def endpoint(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
        return _shown(exchange, _find_order(exchange, parameters, now_ms, conditional=conditional))

    return endpoint


def _cancel(*, conditional: bool) -> Private:
    def endpoint(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
        try:
            order = _find_order(exchange, parameters, now_ms, conditional=conditional)
        except ApiError:
            raise ApiError(-2011, "Unknown order sent.") from None
        shown = _shown(exchange, exchange.matching.cancel(order, now_ms))
        return shown | {"code": "200", "msg": "success"} if conditional else shown

    return endpoint


def _list(*, conditional: bool, only_open: bool) -> Private:
    def endpoint(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
        del now_ms
        symbol = parameters.get("symbol")
        since, until = integer(parameters, "startTime"), integer(parameters, "endTime")
        limit = limit_of(parameters, default=500, maximum=1000)
        orders = [
            _shown(exchange, order)
            for order in exchange.matching.orders.values()
            if order.is_conditional == conditional
            and symbol in (None, "", order.symbol)
            and (order.is_open or not only_open)
            and (since is None or order.created_ms >= since)
            and (until is None or order.created_ms <= until)
        ]
        return orders[-limit:]

    return endpoint


def cancel_all(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Cancel every open order of a contract."""
    for order in exchange.matching.open_orders(symbol_of(exchange, parameters, now_ms)):
        exchange.matching.cancel(order, now_ms)
    return {"code": 200, "msg": "The operation of cancel all open order is done."}


ORDERS: dict[tuple[str, str], Private] = {
    ("POST", "/fapi/v1/order"): place_order,
    ("GET", "/fapi/v1/order"): _show(conditional=False),
    ("DELETE", "/fapi/v1/order"): _cancel(conditional=False),
    ("GET", "/fapi/v1/openOrders"): _list(conditional=False, only_open=True),
    ("GET", "/fapi/v1/allOrders"): _list(conditional=False, only_open=False),
    ("DELETE", "/fapi/v1/allOpenOrders"): cancel_all,
    ("POST", "/fapi/v1/algoOrder"): place_order,
    ("GET", "/fapi/v1/algoOrder"): _show(conditional=True),
    ("DELETE", "/fapi/v1/algoOrder"): _cancel(conditional=True),
    ("GET", "/fapi/v1/openAlgoOrders"): _list(conditional=True, only_open=True),
    ("GET", "/fapi/v1/allAlgoOrders"): _list(conditional=True, only_open=False),
}
