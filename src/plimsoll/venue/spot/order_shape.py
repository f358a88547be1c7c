"""Spot orders and fills as Binance shows them."""

from decimal import Decimal
from typing import Any

from plimsoll.venue.account.spot_wallet import SpotFill, SpotOrder
from plimsoll.venue.errors import ApiError
from plimsoll.venue.exchange import Exchange

NO_LIST = {"orderListId": -1}


def text(number: Decimal) -> str:
    """Return a number with the eight decimals that spot shows all of them with."""
    return f"{number:.8f}"


def _state(order: SpotOrder) -> dict[str, Any]:
    waits = {"stopPrice": text(order.stop_price)} if order.is_conditional else {}
    return {
        "price": text(order.price),
        "origQty": text(order.quantity),
        "executedQty": text(order.executed),
        "origQuoteOrderQty": text(order.quote_quantity),
        "cummulativeQuoteQty": text(order.quote),
        "status": order.status,
        "timeInForce": order.time_in_force,
        "type": order.kind,
        "side": order.side,
        **waits,
        "selfTradePreventionMode": "NONE",
    }


def shown(exchange: Exchange, order: SpotOrder) -> dict[str, Any]:
    """Return an order as a question about it is answered."""
    del exchange
    return {
        "symbol": order.symbol,
        "orderId": order.id,
        **NO_LIST,
        "clientOrderId": order.client_id,
        **_state(order),
        "stopPrice": text(order.stop_price),
        "icebergQty": text(Decimal(0)),
        "time": order.created_ms,
        "updateTime": order.updated_ms,
        "isWorking": order.is_working,
        "workingTime": order.working_ms or -1,
    }


def placed(exchange: Exchange, order: SpotOrder, answer: str) -> dict[str, Any]:
    """Return what placing an order is answered with: ACK, RESULT, or FULL with the fills."""
    if answer not in ("ACK", "RESULT", "FULL"):
        raise ApiError(-1136, "Invalid newOrderRespType.")
    named = {
        "symbol": order.symbol,
        "orderId": order.id,
        **NO_LIST,
        "clientOrderId": order.client_id,
        "transactTime": order.created_ms,
    }
    if answer == "ACK":
        return named
    state = {**named, **_state(order), "workingTime": order.working_ms or -1}
    if answer == "RESULT":
        return state
    fills = (fill for fill in exchange.spot.wallet.fills if fill.order_id == order.id)
    return {**state, "fills": [_part(fill) for fill in fills]}


def _part(fill: SpotFill) -> dict[str, Any]:
    return {
        "price": text(fill.price),
        "qty": text(fill.quantity),
        "commission": text(fill.fee),
        "commissionAsset": fill.fee_asset,
        "tradeId": fill.id,
    }


def cancelled(exchange: Exchange, order: SpotOrder, now_ms: int) -> dict[str, Any]:
    """Return what cancelling an order is answered with."""
    del exchange
    return {
        "symbol": order.symbol,
        "origClientOrderId": order.client_id,
        "orderId": order.id,
        **NO_LIST,
        "clientOrderId": f"cancel-{order.id}",
        "transactTime": now_ms,
        **_state(order),
    }


def traded(fill: SpotFill) -> dict[str, Any]:
    """Return a fill as the list of the account's trades has it."""
    return {
        "symbol": fill.symbol,
        "id": fill.id,
        "orderId": fill.order_id,
        **NO_LIST,
        "price": text(fill.price),
        "qty": text(fill.quantity),
        "quoteQty": text(fill.price * fill.quantity),
        "commission": text(fill.fee),
        "commissionAsset": fill.fee_asset,
        "time": fill.time_ms,
        "isBuyer": fill.side == "BUY",
        "isMaker": fill.is_maker,
        "isBestMatch": True,
    }
