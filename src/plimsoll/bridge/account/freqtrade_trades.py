"""Freqtrade's trades as the values that guards read."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

from freqtrade.persistence import LocalTrade, Trade

from plimsoll.core import ClosedTrade, Position, Side


def side_of(trade: LocalTrade) -> Side:
    """Return the side of a trade."""
    return Side.SHORT if trade.is_short else Side.LONG


def last_fill(trade: LocalTrade) -> tuple[float, datetime]:
    """Return the price and the time of a trade's last fill; those of its opening without orders.

    A trade of the fast lane keeps its last fill (`kept_last_fill`).
    """
    kept = getattr(type(trade), "kept_last_fill", None)
    if kept is not None:
        known: tuple[float, datetime] = kept(trade)
        return known
    filled = [one for one in trade.select_filled_orders() if one.order_filled_utc is not None]
    if not filled:
        return trade.open_rate, trade.open_date_utc
    last = max(filled, key=lambda one: one.order_filled_utc)
    return float(last.safe_price), last.order_filled_utc


def position_of(trade: LocalTrade, mark_price: float | None) -> Position:
    """Return an open trade; a resting entry counts with the amount that it asks for."""
    return Position(
        pair=trade.pair,
        side=side_of(trade),
        entry_price=trade.open_rate,
        mark_price=mark_price,
        amount=trade.amount or trade.amount_requested or 0.0,
        leverage=trade.leverage,
        stop_price=trade.stop_loss or None,
        liquidation_price=trade.liquidation_price,
        margin_usd=trade.stake_amount,
        opened_at=trade.open_date_utc,
    )


def closed_trade_of(trade: LocalTrade) -> ClosedTrade:
    """Return a closed trade; a profit that was not recorded is NaN, which no guard passes."""
    nan = float("nan")
    return ClosedTrade(
        pair=trade.pair,
        side=side_of(trade),
        opened_at=trade.open_date_utc,
        closed_at=trade.close_date_utc or datetime.now(UTC),
        profit_usd=nan if trade.close_profit_abs is None else trade.close_profit_abs,
        profit_fraction=nan if trade.close_profit is None else trade.close_profit,
        stake_usd=trade.stake_amount,
    )


class Costed(Protocol):
    """What the profit of an open trade is worked out from."""

    is_short: bool
    open_rate: float
    amount: float
    fee_open: float | None
    fee_close: float | None
    funding_fees: float | None


def open_profit_usd(trade: "LocalTrade | Costed", mark_price: float) -> float:
    """Return what closing at the mark would realise, after both fees and funding.

    It is Freqtrade's ``calc_profit`` in binary floating point: an isolated futures position,
    fees as fractions of each fill, funding as booked so far.
    """
    entry, amount = trade.open_rate * trade.amount, trade.amount * mark_price
    moved = entry - amount if trade.is_short else amount - entry
    fees = entry * (trade.fee_open or 0.0) + amount * (trade.fee_close or 0.0)
    return moved - fees + (trade.funding_fees or 0.0)


def resting_profit_usd(trade: LocalTrade, mark_price: float) -> float:
    """Return the same of what resting entry orders have bought or sold so far.

    Freqtrade books the fills of an order into its trade when the order is done.
    """
    profit, sign = 0.0, -1 if trade.is_short else 1
    for order in trade.open_orders:
        if order.ft_order_side == trade.entry_side and order.safe_filled > 0:
            entry, amount = order.safe_price * order.safe_filled, mark_price * order.safe_filled
            profit += (amount - entry) * sign
            profit -= entry * (trade.fee_open or 0.0) + amount * (trade.fee_close or 0.0)
    return profit


def fees_paid_elsewhere_usd(trade: LocalTrade) -> float:
    """Return the fees in a trade's realised profit that were paid in another currency.

    Freqtrade takes every fee off the profit; what was paid in BNB has left no USDT.
    """
    exits = [
        order
        for order in trade.orders
        if order.ft_order_side != trade.entry_side and not order.ft_is_open and order.safe_filled
    ]
    fees = 0.0
    if trade.fee_open_currency not in (None, trade.stake_currency):
        entered = trade.open_rate * sum(order.safe_filled for order in exits)
        fees += entered * (trade.fee_open or 0.0)
    if trade.fee_close_currency not in (None, trade.stake_currency):
        left = sum(order.safe_price * order.safe_filled for order in exits)
        fees += left * (trade.fee_close or 0.0)
    return fees


def stop_was_missed(trade: LocalTrade, price: float) -> bool:
    """Return whether a price is past a trade's stop with no stop order open on the exchange.

    Freqtrade does not look at the stop of a live trade itself when stops are to be on the
    exchange, also when the exchange has refused the order.
    """
    if not trade.stop_loss or trade.has_open_sl_orders:
        return False
    return price >= trade.stop_loss if trade.is_short else price <= trade.stop_loss


@dataclass(frozen=True, slots=True)
class ExitOrder:
    """The last order that was to close a trade: when it was sent, and what became of it."""

    at: datetime
    is_open: bool
    status: str


def exit_orders() -> dict[str, ExitOrder]:
    """Return the last exit order of each open trade of a running bot, by pair."""
    last = {}
    for trade in Trade.get_open_trades():
        for order in trade.orders:
            if order.ft_order_side == trade.exit_side:
                status = order.status or "unknown"
                last[trade.pair] = ExitOrder(order.order_date_utc, bool(order.ft_is_open), status)
    return last


def whole_position(trade: Trade, mark: float | None) -> Position:
    """Return a position as if its resting additions were filled: limits hold for them too.

    Freqtrade books an addition into its trade when the order is done, and asks for another one
    while it rests.
    """
    position = position_of(trade, mark)
    if not trade.amount:  # the entry itself rests: it counts with the amount that it asks for
        return position
    resting = [order for order in trade.open_orders if order.ft_order_side == trade.entry_side]
    if not resting:
        return position
    amount = position.amount + sum(order.safe_amount for order in resting)
    added_usd = sum(order.safe_amount * order.safe_placement_price for order in resting)
    return replace(
        position,
        amount=amount,
        entry_price=(position.amount * position.entry_price + added_usd) / amount,
        margin_usd=trade.stake_amount + added_usd / trade.leverage,
    )
