"""The account as the exchange itself knows it, whatever faults tell its clients."""

from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from plimsoll.core.errors import UsageError
from plimsoll.venue.account.orders import Order
from plimsoll.venue.account.positions import Position
from plimsoll.venue.exchange import Exchange
from plimsoll.venue.market.intervals import INTERVALS

Body = Mapping[str, Any]


def books(exchange: Exchange, body: Body) -> dict[str, Any]:
    """Return wallet, positions, orders, fills and income, as of the clock's now, and spot's.

    ``since_ms`` leaves out closed orders, fills and income that are older. Amounts are base coins
    and USD, times epoch milliseconds.
    """
    since_ms = whole_number(body, "since_ms", 0)
    now_ms = exchange.clock.now_ms()
    exchange.advance(now_ms)
    account = exchange.account
    held = [position for position in account.positions.values() if position.is_open]
    orders = list(exchange.matching.orders.values())
    waiting = [order for order in orders if order.is_open]
    return {
        "now_ms": now_ms,
        "sequence": account.sequence,
        "wallet_usd": account.wallet_usd,
        "free_usd": exchange.matching.free_usd(),
        "insurance_usd": account.insurance_usd,
        "deleveraged_usd": account.deleveraged_usd,
        "positions": [_position(exchange, position, now_ms) for position in held],
        "open_orders": [order_record(one) for one in waiting if not one.is_conditional],
        "conditional_orders": [order_record(one) for one in waiting if one.is_conditional],
        "closed_orders": [
            order_record(one) for one in orders if not one.is_open and one.updated_ms >= since_ms
        ],
        "fills": [asdict(fill) for fill in account.fills if fill.time_ms >= since_ms],
        "income": [asdict(entry) for entry in account.income if entry.time_ms >= since_ms],
        "statuses": dict(account.statuses),
        "cancelled_after_ms": dict(exchange.countdowns),
        "spot": _spot(exchange, since_ms),
    }


def _spot(exchange: Exchange, since_ms: int) -> dict[str, Any]:
    """Return the spot account: each asset's free and locked amounts, orders and fills, as text."""
    wallet = exchange.spot.wallet
    kept = [one for one in wallet.orders.values() if one.is_open or one.updated_ms >= since_ms]
    return {
        "balances": {
            asset: {"free": str(one.free), "locked": str(one.locked)}
            for asset, one in wallet.balances.items()
        },
        "orders": [_texts(asdict(one)) for one in kept],
        "fills": [_texts(asdict(one)) for one in wallet.fills if one.time_ms >= since_ms],
    }


def _texts(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: str(value) if isinstance(value, Decimal) else value for name, value in row.items()
    }


def order_record(order: Order) -> dict[str, Any]:
    """Return an order as plain values."""
    return asdict(order)


def _position(exchange: Exchange, position: Position, now_ms: int) -> dict[str, Any]:
    mark = exchange.snapshot(position.symbol, now_ms).mark
    return {
        **asdict(position),
        "mark_price": mark,
        "unrealized_usd": position.unrealized_usd(mark),
        "liquidation_price": position.liquidation_price,
    }


def order_latency(exchange: Exchange, body: Body) -> list[dict[str, Any]]:
    """Return, for each order that was asked for, how long after the close of a candle it came.

    ``timeframe`` (5m when left out) names the candles. Times are the exchange's; divide
    `latency_ms` by the `speed` that the clock had for real milliseconds.
    """
    name = body.get("timeframe", "5m")
    if name not in INTERVALS:
        raise UsageError(f'expected a "timeframe" such as 5m, found {name!r}')
    candle_ms = INTERVALS[name].ms
    return [
        {
            **asdict(sent),
            "candle_closed_ms": sent.received_ms // candle_ms * candle_ms,
            "latency_ms": sent.received_ms % candle_ms,
        }
        for sent in exchange.orders_sent
    ]


def whole_number(body: Body, name: str, default: int) -> int:
    """Return a whole number of a body or a query; raises `UsageError` when it is none."""
    value = body.get(name, default)
    try:
        return int(value)
    except (TypeError, ValueError):
        raise UsageError(f'expected a whole number "{name}", found {value!r}') from None
