"""Orders as Binance shows them: ordinary ones, and conditional ones with a shape of their own."""

from typing import Any

from plimsoll.venue.account.ledger import AMOUNT_TOLERANCE
from plimsoll.venue.account.matching import Order
from plimsoll.venue.api.render import plain
from plimsoll.venue.exchange import Exchange

AVERAGE_DECIMALS = 5
"""Binance shows averages with five decimals, and with more where the tick is finer."""


def shown(exchange: Exchange, order: Order) -> dict[str, Any]:
    """Return an order as Binance shows it: conditional ones have a shape of their own."""
    spec = exchange.printed_spec(order.symbol)
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
        "priceMatch": "NONE",
        "selfTradePreventionMode": "NONE",
        "goodTillDate": 0,
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
            "triggerTime": order.updated_ms if order.child_id else 0,
        }
    average = order.quote_usd / order.executed if order.executed > AMOUNT_TOLERANCE else 0.0
    return common | {
        "orderId": order.id,
        "clientOrderId": order.client_id,
        "status": order.status,
        "avgPrice": plain(average, max(AVERAGE_DECIMALS, spec.price_decimals + 2)),
        "origQty": quantity,
        "executedQty": plain(order.executed, spec.size_decimals),
        "cumQuote": plain(order.quote_usd, 6),
        "type": order.kind,
        "origType": order.kind,
        "stopPrice": "0",
        "time": order.created_ms,
    }
