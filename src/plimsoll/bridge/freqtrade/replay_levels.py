"""The prices at which an open trade would be closed or an order filled, from the bot's database."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar

from freqtrade.persistence import Trade

from plimsoll.bridge.freqtrade.replay_instants import Level

PURE = "plimsoll_may_be_asked_again"

Callback = TypeVar("Callback", bound=Callable[..., Any])


def may_be_asked_again(callback: Callback) -> Callback:
    """Say of a strategy's callback that it keeps nothing: a replay may ask it between loops."""
    setattr(callback, PURE, True)
    return callback


def levels_of(trades: Iterable[Trade], strategy: Any, now: datetime) -> dict[str, list[Level]]:
    """Return the levels of each pair: stop, liquidation, ROI, and the limits of open orders."""
    levels: dict[str, list[Level]] = defaultdict(list)
    for trade in trades:
        levels[trade.pair].extend(_levels(trade, strategy, now))
    return dict(levels)


def unprotected(trades: Iterable[Trade], strategy: Any) -> set[int]:
    """Return the ids of positions whose stop belongs on the exchange and is not there."""
    if not strategy.order_types.get("stoploss_on_exchange"):
        return set()
    return {one.id for one in trades if one.has_open_position and not one.has_open_sl_orders}


def _levels(trade: Trade, strategy: Any, now: datetime) -> Iterable[Level]:
    sells = not trade.is_short
    for price in (trade.stop_loss, trade.liquidation_price):
        if price:
            yield Level(float(price), falling=sells, sells=sells)
    roi = _roi_price(trade, strategy, now)
    if roi is not None:
        yield Level(roi, falling=not sells, sells=sells)
    for order in trade.open_orders:
        if order.ft_price:
            # A resting order is filled when the price comes to it, whatever it does for the trade.
            buys = order.ft_order_side == "buy"
            yield Level(float(order.ft_price), falling=buys, sells=not buys)


def _roi_price(trade: Trade, strategy: Any, now: datetime) -> float | None:
    """Return the price at which the trade's profit is what the strategy wants by now.

    A ``custom_roi`` is asked only where it `may_be_asked_again`: else its author expects one call
    a loop.
    """
    own = getattr(type(strategy), "custom_roi", None)
    once = strategy.use_custom_roi and not getattr(own, PURE, False)
    if not trade.has_open_position or not trade.open_rate or once:
        return None
    minutes = int((now - trade.open_date_utc).total_seconds() // 60)
    _, wanted = strategy.min_roi_reached_entry(trade, minutes, now)
    if wanted is None:
        return None
    # Profit is a straight line of the price: two points of it tell where it meets the wanted one.
    low, high = trade.open_rate, 2 * trade.open_rate
    at_low, at_high = trade.calc_profit_ratio(low), trade.calc_profit_ratio(high)
    if at_low == at_high:
        return None
    price = low + (float(wanted) - at_low) / (at_high - at_low) * (high - low)
    return float(price) if price > 0 else None
