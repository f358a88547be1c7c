"""The account as Freqtrade's database has it, to be held against the exchange's books."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from freqtrade.enums import MarginMode, TradingMode
from freqtrade.persistence import Order, Trade
from sqlalchemy import func, select

from plimsoll.bridge.account.freqtrade_trades import fees_paid_elsewhere_usd, side_of
from plimsoll.core.books import BotBooks, BotTrade
from plimsoll.core.side import Side

STOP = "stoploss"
RECENT = timedelta(minutes=10)
"""Orders that may still settle; more than the profile allows for that."""


def bot_books(
    config: Mapping[str, Any],
    now: datetime,
    *,
    reported: Iterable[str],
    prefix: str | None,
    stops_on_exchange: bool,
    closed_profit_usd: float,
    capital: tuple[float, datetime] | None = None,
) -> BotBooks:
    """Return what the database says of the account.

    Which of the ``reported`` order ids the database knows is asked, not all that it ever knew.
    ``closed_profit_usd`` is what all closed trades have put into the wallet; ``capital`` is the
    wallet without what was earned when it was last accepted, and when that was.
    """
    trades = Trade.get_open_trades()
    return BotBooks(
        trades=tuple(_trade(one, stops_on_exchange=stops_on_exchange) for one in trades),
        order_ids=known_orders(reported),
        prefix=prefix,
        ordered_at=_ordered_at(now),
        isolated=config.get("margin_mode") == MarginMode.ISOLATED,
        earned_usd=closed_profit_usd + sum(map(earned_by_open_usd, trades)),
        capital_usd=None if capital is None else capital[0],
        capital_at=None if capital is None else capital[1],
    )


def known_orders(reported: Iterable[str]) -> frozenset[str]:
    """Return which of these ids are those of orders in the database that have a trade."""
    ids = list(dict.fromkeys(reported))
    if not ids:
        return frozenset()
    query = select(Order.order_id).join(Trade, Order.ft_trade_id == Trade.id)
    return frozenset(Order.session.scalars(query.where(Order.order_id.in_(ids))))


def bookings(trades: Sequence[Trade], closed: int) -> object:
    """Return what changes whenever a fill or a fee is booked: the exchange is read again then."""
    return closed, [
        (trade.id, trade.amount, trade.realized_profit, trade.funding_fees, len(trade.orders))
        for trade in trades
    ]


def earned_by_open_usd(trade: Trade) -> float:
    """Return what an open trade has put into the wallet so far: profit taken, fees and funding."""
    realised = (trade.realized_profit or 0.0) + fees_paid_elsewhere_usd(trade)
    return realised - entry_fee_usd(trade) + _funding_usd(trade)


def entry_fee_usd(trade: Trade) -> float:
    """Return the fee of the entry that is paid, where it was paid in the stake currency."""
    if trade.fee_open_currency != trade.stake_currency:
        return 0.0
    return float(trade.open_rate * trade.amount * (trade.fee_open or 0.0))


def set_aside_usd(trade: Trade) -> float:
    """Return the money that resting additions to a trade hold: Freqtrade counts it as gone.

    That of a trade's first entry it counts as its stake.
    """
    if not trade.amount:
        return 0.0
    resting = (one for one in trade.open_orders if one.ft_order_side == trade.entry_side)
    return float(sum(one.stake_amount for one in resting))


def _funding_usd(trade: Trade) -> float:
    """Return the funding that is not yet in the profit of an exit."""
    booked = since_exit = 0.0
    for order in trade.orders:
        if order.ft_is_open or not order.filled:
            continue
        since_exit += order.funding_fee or 0.0
        if order.ft_order_side != trade.entry_side:
            booked, since_exit = booked + since_exit, 0.0
    return (trade.funding_fees or 0.0) - booked


def _trade(trade: Trade, *, stops_on_exchange: bool) -> BotTrade:
    resting = [order for order in trade.open_orders if order.ft_order_side != STOP]
    entering = sum(one.safe_amount for one in resting if one.ft_order_side == trade.entry_side)
    leaving = sum(one.safe_amount for one in resting if one.ft_order_side != trade.entry_side)
    amount = trade.amount or 0.0
    return BotTrade(
        pair=trade.pair,
        side=Side(side_of(trade)),
        amount=amount,
        price=trade.open_rate,
        entering=entering,
        leaving=leaving,
        # Freqtrade takes its stop away before it sends an exit.
        stop_expected=stops_on_exchange and amount > 0 and not resting,
        fee_amount=_fee_amount(trade),
    )


def _fee_amount(trade: Trade) -> float:
    """Return what the entries of a spot trade may have cost in coins that its amount still counts.

    Freqtrade takes such a fee off the trade's amount, but not where it finds as many coins beside
    it, and not before it has seen the fee: its amount may be more than the exchange holds.
    """
    if trade.trading_mode == TradingMode.FUTURES:
        return 0.0
    if trade.fee_open_currency not in (None, trade.safe_base_currency):
        return 0.0
    entries = (one for one in trade.orders if one.ft_order_side == trade.entry_side)
    bought = sum(one.safe_filled for one in entries if not one.ft_fee_base)
    return float((trade.fee_open or 0.0) * bought)


def _ordered_at(now: datetime) -> Mapping[str, datetime]:
    """Return when an order of each pair was last sent or filled, of late."""
    since = (now - RECENT).astimezone(UTC).replace(tzinfo=None)
    latest = func.max(func.coalesce(Order.order_filled_date, Order.order_date))
    query = select(Order.ft_pair, latest).where(
        (Order.order_date > since) | (Order.order_filled_date > since)
    )
    rows = Order.session.execute(query.group_by(Order.ft_pair))
    return {pair: at.replace(tzinfo=UTC) for pair, at in rows if at is not None}
