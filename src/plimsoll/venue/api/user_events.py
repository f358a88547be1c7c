"""What the user data stream says of each event of the account, in Binance's words.

Source: Binance USD-M API, user data streams: ORDER_TRADE_UPDATE, ACCOUNT_UPDATE, ALGO_UPDATE,
MARGIN_CALL, ACCOUNT_CONFIG_UPDATE.
"""

from collections.abc import Callable
from typing import Any

from plimsoll.venue.account import events as happened
from plimsoll.venue.account.ledger import Fill
from plimsoll.venue.account.orders import LIQUIDATION, Order
from plimsoll.venue.account.positions import Position
from plimsoll.venue.api.render import plain
from plimsoll.venue.exchange import Exchange

Message = dict[str, Any]
MARGIN_CALL_FRACTION = 0.8
"""Of a position's margin, the share that its maintenance margin must reach for a call."""


def messages_of(exchange: Exchange, event: happened.Event) -> list[Message]:
    """Return what a stream says of an event that was just applied; most say one thing or two."""
    render = _RENDER.get(type(event))
    return [] if render is None else render(exchange, event)


def margin_call(exchange: Exchange, position: Position, now_ms: int) -> Message:
    """Return the warning that a position is close to its liquidation."""
    spec, mark = (
        exchange.printed_spec(position.symbol),
        exchange.snapshot(position.symbol, now_ms).mark,
    )
    return {
        "e": "MARGIN_CALL",
        "E": now_ms,
        "cw": plain(exchange.account.free_usd, 8),
        "p": [
            {
                "s": position.symbol,
                "ps": "BOTH",
                "pa": plain(position.amount, spec.size_decimals),
                "mt": position.margin_type.upper(),
                "iw": plain(position.wallet_usd, 8),
                "mp": plain(mark, 8),
                "up": plain(position.unrealized_usd(mark), 8),
                "mm": plain(position.maintenance_usd(mark), 8),
            }
        ],
    }


def in_danger(exchange: Exchange, position: Position, now_ms: int) -> bool:
    """Return whether a position's margin is nearly used up."""
    mark = exchange.snapshot(position.symbol, now_ms).mark
    margin = position.wallet_usd + position.unrealized_usd(mark)
    return position.maintenance_usd(mark) >= MARGIN_CALL_FRACTION * margin


def _accepted(exchange: Exchange, event: happened.OrderAccepted) -> list[Message]:
    order = exchange.matching.orders[event.order_id]
    if order.is_conditional:
        return [_algo_update(exchange, order, "NEW", event.time_ms)]
    return [_order_update(exchange, order, "NEW", event.time_ms)]


def _amended(exchange: Exchange, event: happened.OrderAmended) -> list[Message]:
    order = exchange.matching.orders[event.order_id]
    return [_order_update(exchange, order, "AMENDMENT", event.time_ms)]


def _triggered(exchange: Exchange, event: happened.OrderTriggered) -> list[Message]:
    order = exchange.matching.orders[event.order_id]
    return [
        _algo_update(exchange, order, status, event.time_ms)
        for status in ("TRIGGERING", "TRIGGERED")
    ]


def _ended(exchange: Exchange, event: happened.OrderEnded) -> list[Message]:
    order = exchange.matching.orders[event.order_id]
    if order.is_conditional:
        return [_algo_update(exchange, order, event.status, event.time_ms)]
    ended = _order_update(exchange, order, event.status, event.time_ms)
    return [ended, *_finished_parent(exchange, order, event.time_ms)]


def _filled(exchange: Exchange, event: happened.OrderFilled) -> list[Message]:
    account = exchange.account
    order = exchange.matching.orders.get(event.order_id)
    if order is None:
        return [_account_update(exchange, "ORDER", (event.symbol,), event.time_ms)]
    kind = "CALCULATED" if order.kind == LIQUIDATION else "TRADE"
    return [
        _account_update(exchange, "ORDER", (event.symbol,), event.time_ms),
        _order_update(exchange, order, kind, event.time_ms, account.fills[-1]),
        *_finished_parent(exchange, order, event.time_ms),
    ]


def _finished_parent(exchange: Exchange, order: Order, at_ms: int) -> list[Message]:
    parent = exchange.matching.orders.get(order.parent_id)
    if order.is_open or parent is None:
        return []
    return [_algo_update(exchange, parent, happened.FINISHED, at_ms)]


def _funded(exchange: Exchange, event: happened.FundingPaid) -> list[Message]:
    return [
        _account_update(exchange, "FUNDING_FEE", (symbol,), event.time_ms)
        for symbol in event.symbols
        if exchange.account.position(symbol).is_open
    ]


def _liquidated(exchange: Exchange, event: happened.PositionLiquidated) -> list[Message]:
    return [_account_update(exchange, "INSURANCE_CLEAR", (event.symbol,), event.time_ms)]


def _transferred(exchange: Exchange, event: happened.Transferred) -> list[Message]:
    """Say nothing of an unrecorded transfer: nobody was to be told."""
    if not event.recorded:
        return []
    reason = "DEPOSIT" if event.amount_usd > 0 else "WITHDRAW"
    return [_account_update(exchange, reason, (), event.time_ms, event.amount_usd)]


def _levered(exchange: Exchange, event: happened.LeverageSet) -> list[Message]:
    del exchange
    changed = {"s": event.symbol, "l": event.leverage}
    now_ms = event.time_ms
    return [{"e": "ACCOUNT_CONFIG_UPDATE", "E": now_ms, "T": now_ms, "ac": changed}]


def _margined(exchange: Exchange, event: happened.MarginTypeSet) -> list[Message]:
    return [_account_update(exchange, "MARGIN_TYPE_CHANGE", (event.symbol,), event.time_ms)]


def _moved(exchange: Exchange, event: happened.MarginMoved) -> list[Message]:
    return [_account_update(exchange, "MARGIN_TRANSFER", (event.symbol,), event.time_ms)]


def _account_update(
    exchange: Exchange, reason: str, symbols: tuple[str, ...], at_ms: int, change_usd: float = 0.0
) -> Message:
    account = exchange.account
    balance = {
        "a": "USDT",
        "wb": plain(account.wallet_usd, 8),
        "cw": plain(account.free_usd, 8),
        "bc": plain(change_usd, 8),
    }
    positions = [_position(exchange, account.position(symbol), at_ms) for symbol in symbols]
    told = {"m": reason, "B": [balance], "P": positions}
    return {"e": "ACCOUNT_UPDATE", "E": at_ms, "T": at_ms, "a": told}


def _position(exchange: Exchange, position: Position, at_ms: int) -> Message:
    spec = exchange.printed_spec(position.symbol)
    mark = exchange.snapshot(position.symbol, at_ms).mark
    entry = plain(position.entry_price, spec.price_decimals + 4)
    realized = sum(
        fill.realized_usd for fill in exchange.account.fills if fill.symbol == position.symbol
    )
    return {
        "s": position.symbol,
        "pa": plain(position.amount, spec.size_decimals),
        "ep": entry,
        "bep": entry,
        "cr": plain(realized, 8),
        "up": plain(position.unrealized_usd(mark), 8),
        "mt": position.margin_type,
        "iw": plain(position.wallet_usd, 8),
        "ps": "BOTH",
        "ma": "USDT",
    }


def _order_update(
    exchange: Exchange, order: Order, kind: str, at_ms: int, fill: Fill | None = None
) -> Message:
    spec = exchange.printed_spec(order.symbol)
    price, size = spec.price_decimals, spec.size_decimals
    average = order.quote_usd / order.executed if order.executed > 0 else 0.0
    told: Message = {
        "s": order.symbol,
        "c": order.client_id,
        "S": order.side,
        "o": order.kind,
        "f": order.time_in_force,
        "q": plain(order.quantity, size),
        "p": plain(order.price, price),
        "ap": plain(average, price + 2),
        "sp": "0",
        "x": kind,
        "X": "NEW" if kind == "NEW" else order.status,
        "i": order.id,
        "l": plain(fill.quantity if fill else 0.0, size),
        "z": plain(order.executed, size),
        "L": plain(fill.price if fill else 0.0, price),
        "T": at_ms,
        "t": fill.id if fill else 0,
        "b": "0",
        "a": "0",
        "m": fill.is_maker if fill else False,
        "R": order.reduce_only,
        "wt": order.working_type,
        "ot": order.kind,
        "ps": order.position_side,
        "cp": order.close_position,
        "rp": plain(fill.realized_usd if fill else 0.0, 8),
        "pP": order.price_protect,
        "V": "NONE",
        "pm": "NONE",
        "gtd": 0,
        "er": str(order.reason),
    }
    if fill is not None:
        told |= {"n": plain(fill.fee_usd, 8), "N": "USDT"}
    return {"e": "ORDER_TRADE_UPDATE", "E": at_ms, "T": at_ms, "o": told}


def _algo_update(exchange: Exchange, order: Order, status: str, at_ms: int) -> Message:
    spec = exchange.printed_spec(order.symbol)
    told = {
        "caid": order.client_id,
        "aid": order.id,
        "at": "CONDITIONAL",
        "o": order.kind,
        "s": order.symbol,
        "S": order.side,
        "ps": order.position_side,
        "f": order.time_in_force,
        "q": plain(order.quantity, spec.size_decimals),
        "X": status,
        "ai": str(order.child_id) if order.child_id else "",
        "tp": plain(order.trigger_price, spec.price_decimals),
        "p": plain(order.price, spec.price_decimals),
        "V": "NONE",
        "wt": order.working_type,
        "pm": "NONE",
        "cp": order.close_position,
        "pP": order.price_protect,
        "R": order.reduce_only,
        "tt": at_ms if order.child_id else 0,
        "gtd": 0,
        "rm": "",
    }
    return {"e": "ALGO_UPDATE", "E": at_ms, "T": at_ms, "o": told}


_RENDER: dict[type[happened.Event], Callable[[Exchange, Any], list[Message]]] = {
    happened.OrderAccepted: _accepted,
    happened.OrderAmended: _amended,
    happened.OrderTriggered: _triggered,
    happened.OrderEnded: _ended,
    happened.OrderFilled: _filled,
    happened.FundingPaid: _funded,
    happened.PositionLiquidated: _liquidated,
    happened.Transferred: _transferred,
    happened.LeverageSet: _levered,
    happened.MarginTypeSet: _margined,
    happened.MarginMoved: _moved,
}
