"""The signed order endpoints: create, cancel, list. An acceptance tells the ids alone.

Source: bybit-exchange.github.io/docs/v5/order.
"""

from collections.abc import Callable

from plimsoll.venue.account.filters import check_filters
from plimsoll.venue.account.matching import POST_ONLY
from plimsoll.venue.account.orders import CONTRACT_PRICE, MARK_PRICE, Order
from plimsoll.venue.api.account_faults import is_hedged
from plimsoll.venue.bybit.envelope import (
    FALLING,
    NO_ORDER,
    RISING,
    TWICE,
    BybitError,
    Result,
    invalid,
    order_id_text,
    order_number,
)
from plimsoll.venue.bybit.order_shape import acting, by_people, is_open, shown, state_of
from plimsoll.venue.bybit.parameters import (
    Parameters,
    chosen,
    decimal,
    flag,
    listed_symbol,
    page_of,
    week_of,
    whole,
)
from plimsoll.venue.errors import ApiError
from plimsoll.venue.exchange import Exchange
from plimsoll.venue.keys import KeyPair

Private = Callable[[Exchange, Parameters, int, KeyPair], Result]
CREATE = "/v5/order/create"
RISES, FALLS = 1, 2
IN_FORCE = {"GTC": "GTC", "IOC": "IOC", "FOK": "FOK", "PostOnly": "GTX"}
TRIGGERS = {"LastPrice": CONTRACT_PRICE, "MarkPrice": MARK_PRICE}
KINDS = {
    ("Buy", RISES): "STOP",
    ("Sell", FALLS): "STOP",
    ("Buy", FALLS): "TAKE_PROFIT",
    ("Sell", RISES): "TAKE_PROFIT",
}
NOT_SERVED = ("takeProfit", "stopLoss", "trailingStop", "slippageTolerance", "bboSideType")
CLOSED_KEPT = 500
"""How many closed orders can be asked for one by one, as on Bybit."""
PRICED = ("LIMIT", "STOP", "TAKE_PROFIT")


def places_conditional(parameters: Parameters) -> bool:
    """Return whether an order waits for a trigger price."""
    return bool(parameters.get("triggerPrice"))


def create(exchange: Exchange, parameters: Parameters, now_ms: int, pair: KeyPair) -> Result:
    """Place an order. One that may not take, or finds nothing, is accepted and cancelled."""
    del pair
    exchange.note_order(
        symbol=parameters.get("symbol", ""),
        client_id=parameters.get("orderLinkId", ""),
        side=parameters.get("side", "").upper(),
        kind=parameters.get("orderType", "").upper(),
        now_ms=now_ms,
    )
    order = _parse(exchange, parameters, now_ms)
    name = "/fapi/v1/algoOrder" if order.is_conditional else "/fapi/v1/order"
    try:
        exchange.place(order, ("POST", CREATE), ("POST", name), now_ms=now_ms)
    except ApiError as error:
        if error.code == -2021:
            raise _would_trigger(exchange, order, now_ms) from None
        if error.message != POST_ONLY and error.code != -4131:
            raise
        exchange.matching.expire(order, now_ms)
    return {"orderId": order_id_text(order.id), "orderLinkId": parameters.get("orderLinkId", "")}


def _parse(exchange: Exchange, parameters: Parameters, now_ms: int) -> Order:
    symbol = listed_symbol(exchange, parameters, now_ms)
    side, kind = parameters.get("side", ""), parameters.get("orderType", "")
    if side not in ("Buy", "Sell"):
        raise invalid("Side invalid")
    if kind not in ("Market", "Limit"):
        raise invalid("OrderType invalid")
    in_force = IN_FORCE.get(parameters.get("timeInForce") or "GTC")
    if in_force is None:
        raise invalid("TimeInForce invalid")
    wanted = whole(parameters, "positionIdx") or 0
    if (wanted != 0) != is_hedged(exchange, now_ms):
        raise invalid("position idx not match position mode")
    for name in NOT_SERVED:
        if parameters.get(name, "0") not in ("", "0"):
            raise invalid(f"this venue does not serve {name}; use a conditional order")
    order_id, link = exchange.matching.next_id(), parameters.get("orderLinkId", "")
    if len(link) > 36:
        raise invalid("OrderLinkId invalid")
    if link and exchange.account.orders.of_client(link):
        raise BybitError(TWICE, "OrderLinkedID is duplicate")
    name = _kind(parameters, side, kind)
    order = Order(
        id=order_id,
        client_id=link or f"venue-{order_id}",
        symbol=symbol,
        side=side.upper(),
        kind=name,
        quantity=decimal(parameters, "qty"),
        price=decimal(parameters, "price") if kind == "Limit" else 0.0,
        trigger_price=decimal(parameters, "triggerPrice"),
        time_in_force=in_force,
        reduce_only=flag(parameters, "reduceOnly"),
        close_position=False,
        working_type=_working_type(parameters),
        created_ms=now_ms,
        updated_ms=now_ms,
    )
    if order.kind in PRICED and order.price <= 0.0:
        raise invalid("Price invalid")
    check_filters(order, exchange.spec(symbol), exchange.snapshot(symbol, now_ms).last)
    return order


def _kind(parameters: Parameters, side: str, kind: str) -> str:
    if not places_conditional(parameters):
        return kind.upper()
    direction = whole(parameters, "triggerDirection")
    if direction not in (RISES, FALLS):
        raise invalid("TriggerDirection invalid")
    return KINDS[side, direction] + ("_MARKET" if kind == "Market" else "")


def _working_type(parameters: Parameters) -> str:
    named = parameters.get("triggerBy") or "LastPrice"
    if named not in TRIGGERS:
        raise invalid("this venue triggers by LastPrice or MarkPrice")
    return TRIGGERS[named]


def _would_trigger(exchange: Exchange, order: Order, now_ms: int) -> BybitError:
    now = exchange.snapshot(order.symbol, now_ms)
    price = now.mark if order.working_type == MARK_PRICE else now.last
    code, word, sign = (FALLING, "Falling", ">=") if order.waits_below else (RISING, "Rising", "<=")
    seen = f"trigger_price[{order.trigger_price:g}] {sign} current[{price:g}]"
    return BybitError(code, f"expect {word}, but {seen}")


def find(exchange: Exchange, parameters: Parameters, symbol: str | None) -> Order | None:
    """Return the order that either of its ids names, ``None`` when there is none."""
    if parameters.get("orderId"):
        number = order_number(parameters["orderId"])
        one = exchange.matching.orders.get(number or 0)
        named = [] if one is None else [one]
    else:
        named = exchange.account.orders.of_client(parameters.get("orderLinkId", ""))
    for order in named:
        if not order.parent_id and symbol in (None, order.symbol):
            return order
    return None


def cancel(exchange: Exchange, parameters: Parameters, now_ms: int, pair: KeyPair) -> Result:
    """Cancel an order that waits or rests."""
    del pair
    symbol = listed_symbol(exchange, parameters, now_ms)
    if not (parameters.get("orderId") or parameters.get("orderLinkId")):
        raise invalid("orderId or orderLinkId is required")
    order = find(exchange, parameters, symbol)
    if order is None or not is_open(exchange, order):
        raise BybitError(NO_ORDER, "order not exists or too late to cancel")
    return _cancelled(exchange, order, now_ms)


def _cancelled(exchange: Exchange, order: Order, now_ms: int) -> Result:
    exchange.matching.cancel(acting(exchange, order), now_ms)
    link = "" if order.client_id.startswith("venue-") else order.client_id
    return {"orderId": order_id_text(order.id), "orderLinkId": link}


def cancel_all(exchange: Exchange, parameters: Parameters, now_ms: int, pair: KeyPair) -> Result:
    """Cancel every open order of a contract or of all, of one kind or both."""
    del pair
    symbol = chosen(exchange, parameters, now_ms)
    wanted = _kind_filter(parameters)
    orders = [
        one
        for one in by_people(exchange)
        if is_open(exchange, one) and symbol in (None, one.symbol) and wanted(one)
    ]
    return {"list": [_cancelled(exchange, one, now_ms) for one in orders], "success": "1"}


def _kind_filter(parameters: Parameters) -> Callable[[Order], bool]:
    named = parameters.get("orderFilter", "")
    if named not in ("", "Order", "StopOrder"):
        raise invalid("orderFilter invalid")
    return lambda order: not named or order.is_conditional == (named == "StopOrder")


def realtime(exchange: Exchange, parameters: Parameters, now_ms: int, pair: KeyPair) -> Result:
    """Return open orders; one that is named also when it is closed, of the newest 500."""
    del pair
    symbol = chosen(exchange, parameters, now_ms)
    wanted, closed_only = _kind_filter(parameters), parameters.get("openOnly") == "1"
    orders = by_people(exchange)
    if parameters.get("orderId") or parameters.get("orderLinkId"):
        one = find(exchange, parameters, symbol)
        found = [] if one is None else [one]
        recent = [order for order in orders if not is_open(exchange, order)][-CLOSED_KEPT:]
        rows = [order for order in found if is_open(exchange, order) or order in recent]
    else:
        rows = [
            one
            for one in reversed(orders)
            if is_open(exchange, one) != closed_only and symbol in (None, one.symbol)
        ][: CLOSED_KEPT if closed_only else None]
    told = [shown(exchange, one) for one in rows if wanted(one)]
    return page_of(told, parameters, 20, 50)


def history(exchange: Exchange, parameters: Parameters, now_ms: int, pair: KeyPair) -> Result:
    """Return closed orders, newest first: the last week when no time is asked for."""
    del pair
    symbol = chosen(exchange, parameters, now_ms) if _is_narrowed(parameters) else None
    wanted, state = _kind_filter(parameters), parameters.get("orderStatus", "")
    first_ms, last_ms = week_of(parameters, now_ms)
    if parameters.get("orderId") or parameters.get("orderLinkId"):
        one = find(exchange, parameters, symbol)
        orders = [] if one is None else [one]
    else:
        orders = [
            one
            for one in reversed(by_people(exchange))
            if symbol in (None, one.symbol) and first_ms <= one.created_ms <= last_ms
        ]
    rows = [
        one
        for one in orders
        if not is_open(exchange, one) and wanted(one) and state in ("", state_of(exchange, one))
    ]
    return page_of([shown(exchange, one) for one in rows], parameters, 20, 50)


def _is_narrowed(parameters: Parameters) -> bool:
    return any(parameters.get(name) for name in ("symbol", "baseCoin", "settleCoin"))


ORDERS: dict[tuple[str, str], Private] = {
    ("POST", CREATE): create,
    ("POST", "/v5/order/cancel"): cancel,
    ("POST", "/v5/order/cancel-all"): cancel_all,
    ("GET", "/v5/order/realtime"): realtime,
    ("GET", "/v5/order/history"): history,
}
