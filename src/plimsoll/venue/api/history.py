"""The signed endpoints of what has happened: trades, income, liquidations."""

from typing import Any

from plimsoll.venue.account.ledger import Income
from plimsoll.venue.account.orders import LIQUIDATION
from plimsoll.venue.api.order_shape import shown
from plimsoll.venue.api.orders import Answer, Private
from plimsoll.venue.api.parameters import Parameters, integer, limit_of
from plimsoll.venue.api.public import symbol_of
from plimsoll.venue.api.rate_limits import ORDER_LIMITS
from plimsoll.venue.api.render import plain
from plimsoll.venue.errors import ApiError
from plimsoll.venue.exchange import Exchange

DAY_MS = 86_400_000
INCOME_MS = 7 * DAY_MS
"""How far back income goes when a client asks for no time, as on Binance."""
LONGEST_TRADES_MS = 7 * DAY_MS
AUTO_CLOSES = {"LIQUIDATION": "autoclose-", "ADL": "adl_autoclose"}


def user_trades(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Return the account's executions of a contract."""
    spec = exchange.printed_spec(symbol_of(exchange, parameters, now_ms))
    since, number = integer(parameters, "startTime"), integer(parameters, "orderId")
    limit = limit_of(parameters, default=500, maximum=1000)
    trades = [
        {
            "symbol": fill.symbol,
            "id": fill.id,
            "orderId": fill.order_id,
            "side": fill.side,
            "price": plain(fill.price, spec.price_decimals + 2),
            "qty": plain(fill.quantity, spec.size_decimals),
            "quoteQty": plain(fill.quantity * fill.price, 8),
            "realizedPnl": plain(fill.realized_usd, 8),
            "commission": plain(fill.fee_usd, 8),
            "commissionAsset": "USDT",
            "time": fill.time_ms,
            "positionSide": "BOTH",
            "buyer": fill.side == "BUY",
            "maker": fill.is_maker,
        }
        for fill in exchange.account.fills
        if fill.symbol == spec.symbol
        and (since is None or fill.time_ms >= since)
        and number in (None, fill.order_id)
    ]
    return trades[-limit:]


def income(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Return what was booked to the wallet: the last week when no time is asked for."""
    symbol, kind = parameters.get("symbol"), parameters.get("incomeType")
    since, until = integer(parameters, "startTime"), integer(parameters, "endTime")
    limit = limit_of(parameters, default=100, maximum=1000)
    page = integer(parameters, "page")
    first_ms = now_ms - INCOME_MS if since is None and until is None else since
    entries = [
        _booking(entry)
        for entry in exchange.account.income
        if symbol in (None, "", entry.symbol)
        and kind in (None, "", entry.kind)
        and (first_ms is None or entry.time_ms >= first_ms)
        and (until is None or entry.time_ms <= until)
    ]
    if page is not None:
        return entries[(max(page, 1) - 1) * limit : max(page, 1) * limit]
    return entries[:limit] if since is not None else entries[-limit:]


def _booking(entry: Income) -> dict[str, Any]:
    return {
        "symbol": entry.symbol,
        "incomeType": entry.kind,
        "income": plain(entry.amount_usd, 8),
        "asset": "USDT",
        "time": entry.time_ms,
        "info": entry.kind,
        "tranId": entry.id,
        "tradeId": "" if entry.trade_id is None else str(entry.trade_id),
    }


def forced_orders(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Return the orders with which the exchange closed positions, newest first."""
    del now_ms
    kind, symbol = parameters.get("autoCloseType", ""), parameters.get("symbol")
    if kind and kind not in AUTO_CLOSES:
        raise ApiError(-1130, "Data sent for parameter 'autoCloseType' is not valid.")
    since, until = integer(parameters, "startTime"), integer(parameters, "endTime")
    limit = limit_of(parameters, default=50, maximum=100)
    names = (AUTO_CLOSES[kind],) if kind else tuple(AUTO_CLOSES.values())
    orders = [
        shown(exchange, order)
        for order in exchange.matching.orders.values()
        if (order.kind == LIQUIDATION or order.client_id.startswith(names))
        and order.client_id.startswith(names)
        and symbol in (None, "", order.symbol)
        and (since is None or order.created_ms >= since)
        and (until is None or order.created_ms <= until)
    ]
    return orders[::-1][:limit]


def adl_quantile(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Return how soon each open position is deleveraged: 0 (last) to 4."""
    symbol = parameters.get("symbol")
    return [
        {"symbol": one.symbol, "adlQuantile": {"LONG": 0, "SHORT": 0, "BOTH": 1}}
        for one in exchange.account.open_positions()
        if symbol in (None, "", one.symbol) and now_ms >= one.updated_ms
    ]


def order_limits(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Return how many orders fit into each window."""
    del exchange, parameters, now_ms
    windows = {"10S": ("SECOND", 10), "1M": ("MINUTE", 1)}
    return [
        {
            "rateLimitType": "ORDERS",
            "interval": windows[name][0],
            "intervalNum": windows[name][1],
            "limit": limit,
        }
        for name, (_, limit) in ORDER_LIMITS.items()
    ]


HISTORY: dict[tuple[str, str], Private] = {
    ("GET", "/fapi/v1/userTrades"): user_trades,
    ("GET", "/fapi/v1/income"): income,
    ("GET", "/fapi/v1/forceOrders"): forced_orders,
    ("GET", "/fapi/v1/adlQuantile"): adl_quantile,
    ("GET", "/fapi/v1/rateLimit/order"): order_limits,
}
