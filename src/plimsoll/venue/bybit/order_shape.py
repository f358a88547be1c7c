"""Orders and executions as Bybit shows them: a conditional order keeps its id when it triggers.

The account keeps a conditional order and the one that it places apart; here the second is shown
as what became of the first. Source: bybit-exchange.github.io/docs/v5/order/open-order, and
"Enums Definitions" for the states.
"""

from typing import Any

from plimsoll.venue.account import events as happened
from plimsoll.venue.account.ledger import AMOUNT_TOLERANCE, Fill
from plimsoll.venue.account.orders import LIQUIDATION, MARK_PRICE, Order
from plimsoll.venue.api.render import plain
from plimsoll.venue.bybit.envelope import order_id_text
from plimsoll.venue.exchange import Exchange

STATES = {
    "NEW": "New",
    "PARTIALLY_FILLED": "PartiallyFilled",
    "FILLED": "Filled",
    happened.CANCELED: "Cancelled",
    happened.EXPIRED: "Cancelled",
    happened.REJECTED: "Rejected",
    happened.TRIGGERED: "Triggered",
    happened.FINISHED: "Filled",
}
WAITING = {"NEW": "Untriggered", happened.CANCELED: "Deactivated", happened.EXPIRED: "Deactivated"}
IN_FORCE = {"GTC": "GTC", "IOC": "IOC", "FOK": "FOK", "GTX": "PostOnly"}
NOTHING_DONE = {"GTX": "EC_PostOnlyWillTakeLiquidity", "FOK": "EC_NoEnoughQtyToFill"}
FORCED = {"autoclose-": "CreateByLiq", "adl_autoclose": "CreateByAdl_PassThrough"}


def acting(exchange: Exchange, order: Order) -> Order:
    """Return the order that a triggered one has placed, or else itself."""
    return exchange.matching.orders.get(order.child_id, order) if order.child_id else order


def is_open(exchange: Exchange, order: Order) -> bool:
    """Return whether an order waits, rests, or has placed one that does."""
    return order.is_open or acting(exchange, order).is_open


def state_of(exchange: Exchange, order: Order) -> str:
    """Return Bybit's word for what has become of an order."""
    if order.is_conditional and not order.child_id:
        return WAITING.get(order.status, STATES[order.status])
    return STATES[acting(exchange, order).status]


def by_people(exchange: Exchange) -> list[Order]:
    """Return the orders that a list shows, oldest first: those that a trigger placed are not."""
    return [one for one in exchange.matching.orders.values() if not one.parent_id]


def shown(exchange: Exchange, order: Order) -> dict[str, Any]:
    """Return an order as Bybit shows it."""
    spec, acted = exchange.printed_spec(order.symbol), acting(exchange, order)
    executed = 0.0 if acted.is_conditional else acted.executed
    average = acted.quote_usd / executed if executed > AMOUNT_TOLERANCE else None
    state, open_ = state_of(exchange, order), is_open(exchange, order)
    fees = _fees(exchange, acted)
    return {
        "orderId": order_id_text(order.id),
        "orderLinkId": _link(order),
        "blockTradeId": "",
        "symbol": order.symbol,
        "price": plain(order.price, spec.price_decimals),
        "qty": plain(acted.quantity, spec.size_decimals),
        "side": order.side.capitalize(),
        "isLeverage": "",
        "positionIdx": 0,
        "orderStatus": state,
        "createType": next(
            (name for begin, name in FORCED.items() if order.client_id.startswith(begin)),
            "CreateByUser",
        ),
        "cancelType": _cancel_type(acted, state),
        "rejectReason": _reason(acted),
        "avgPrice": "" if average is None else plain(average, spec.price_decimals + 4),
        "leavesQty": plain(acted.left if open_ else 0.0, spec.size_decimals),
        "leavesValue": plain((acted.left if open_ else 0.0) * order.price, 4),
        "cumExecQty": plain(executed, spec.size_decimals),
        "cumExecValue": plain(0.0 if acted.is_conditional else acted.quote_usd, 6),
        "cumExecFee": plain(fees, 8),
        "cumFeeDetail": {"USDT": plain(fees, 8)} if executed > AMOUNT_TOLERANCE else {},
        "timeInForce": IN_FORCE.get(order.time_in_force, order.time_in_force),
        "orderType": "Limit" if order.kind in ("LIMIT", "STOP", "TAKE_PROFIT") else "Market",
        "stopOrderType": "Stop" if order.is_conditional else "",
        "orderIv": "",
        "triggerPrice": plain(order.trigger_price, spec.price_decimals)
        if order.is_conditional
        else "",
        "takeProfit": "",
        "stopLoss": "",
        "tpslMode": "",
        "tpTriggerBy": "",
        "slTriggerBy": "",
        "triggerDirection": _direction(order),
        "triggerBy": _trigger_by(order),
        "lastPriceOnCreated": "",
        "reduceOnly": order.reduce_only,
        "closeOnTrigger": order.close_position,
        "placeType": "",
        "smpType": "None",
        "smpGroup": 0,
        "smpOrderId": "",
        "createdTime": str(order.created_ms),
        "updatedTime": str(max(order.updated_ms, acted.updated_ms)),
    }


def _link(order: Order) -> str:
    return "" if order.client_id.startswith("venue-") else order.client_id


def _direction(order: Order) -> int:
    if not order.is_conditional:
        return 0
    return 2 if order.waits_below else 1


def _trigger_by(order: Order) -> str:
    if not order.is_conditional:
        return ""
    return "MarkPrice" if order.working_type == MARK_PRICE else "LastPrice"


def _cancel_type(order: Order, state: str) -> str:
    if state not in ("Cancelled", "Deactivated"):
        return "UNKNOWN"
    if order.reason == happened.REDUCE_ONLY_KNOCKED_OUT:
        return "CancelByReduceOnly"
    if order.reason == happened.ACCOUNT_LIQUIDATED:
        return "CancelByPrepareLiq"
    return "CancelByUser" if order.status == happened.CANCELED else "UNKNOWN"


def _reason(order: Order) -> str:
    if order.status != happened.EXPIRED or order.reason in (
        happened.REDUCE_ONLY_KNOCKED_OUT,
        happened.ACCOUNT_LIQUIDATED,
    ):
        return "EC_NoError"
    return NOTHING_DONE.get(order.time_in_force, "EC_NoImmediateQtyToFill")


def _fees(exchange: Exchange, order: Order) -> float:
    fills = exchange.account.fills
    return sum(fill.fee_usd for fill in fills if fill.order_id == order.id)


def execution(exchange: Exchange, fill: Fill) -> dict[str, Any]:
    """Return one execution as Bybit shows it, under the id of the order that a person placed."""
    order = exchange.matching.orders[fill.order_id]
    owner = exchange.matching.orders.get(order.parent_id, order)
    spec, value = exchange.printed_spec(fill.symbol), fill.quantity * fill.price
    kind = "BustTrade" if order.kind == LIQUIDATION else "Trade"
    return {
        "symbol": fill.symbol,
        "orderId": order_id_text(owner.id),
        "orderLinkId": _link(owner),
        "side": fill.side.capitalize(),
        "orderPrice": plain(order.price, spec.price_decimals),
        "orderQty": plain(order.quantity, spec.size_decimals),
        "leavesQty": plain(order.left, spec.size_decimals),
        "createType": "CreateByUser",
        "orderType": "Limit" if order.kind == "LIMIT" else "Market",
        "stopOrderType": "Stop" if order.parent_id else "UNKNOWN",
        "execFee": plain(fill.fee_usd, 8),
        "execId": f"{fill.id:08x}-0000-5000-8000-706c696d0000",
        "execPrice": plain(fill.price, spec.price_decimals + 2),
        "execQty": plain(fill.quantity, spec.size_decimals),
        "execType": kind,
        "execValue": plain(value, 8),
        "execTime": str(fill.time_ms),
        "feeCurrency": "",
        "isMaker": fill.is_maker,
        "feeRate": plain(fill.fee_usd / value if value else 0.0, 6),
        "tradeIv": "",
        "markIv": "",
        "markPrice": plain(exchange.snapshot(fill.symbol, fill.time_ms).mark, 8),
        "indexPrice": "",
        "underlyingPrice": "",
        "blockTradeId": "",
        "closedSize": plain(fill.quantity if fill.realized_usd else 0.0, spec.size_decimals),
        "seq": fill.id,
    }
