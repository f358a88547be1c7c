"""Where a trade's stop stands, as Freqtrade moves it. Compiled."""

from math import inf, isnan
from typing import Any

from plimsoll.lab.fast_lane.compiled import inlined, uncounted
from plimsoll.lab.fast_lane.memory import Market
from plimsoll.lab.fast_lane.money import close_value, round8
from plimsoll.lab.fast_lane.ticks import ROUND_DOWN, ROUND_UP, price_to_tick

KEEP, REFRESH = 0, 1
"""Whether a stop may also be loosened: never, or after a fill."""
IN_CANDLE, AFTER_FILL = 0, 1
ROUNDING = 1e-12
"""As in `plimsoll.bridge.strategies.trade_copies`: within it of the stop a strategy is asked."""

ROUGHNESS = 1e-7
"""By how much `roughly` may be off, with room to spare: Freqtrade rounds to 8 decimals."""


@inlined
def profit_ratio(market: Market, trade: Any, rate: float) -> float:
    """Return ``LocalTrade.calc_profit_ratio``."""
    plan = market.plan[0]
    closing = close_value(trade.amount, rate, plan.fee, trade.is_short)
    if plan.futures:
        closing = closing - trade.funding if trade.is_short else closing + trade.funding
    if trade.open_value == 0.0:
        return 0.0
    if trade.is_short:
        return round8((1 - (closing / trade.open_value)) * trade.leverage)
    return round8(((closing / trade.open_value) - 1) * trade.leverage)


@inlined
def roughly(market: Market, trade: Any, rate: float) -> float:
    """Return a trade's profit in binary floating point, which is quick: it spares an exact look."""
    plan = market.plan[0]
    worth = trade.amount * rate
    if trade.open_value <= 0.0:
        return inf
    if trade.is_short:
        closing = worth * (1 + plan.fee) - (trade.funding if plan.futures else 0.0)
        return (1 - closing / trade.open_value) * trade.leverage
    closing = worth * (1 - plan.fee) + (trade.funding if plan.futures else 0.0)
    return (closing / trade.open_value - 1) * trade.leverage


@uncounted
def adjust_stop(trade: Any, rate: float, fraction: float, refresh: int) -> None:
    """Move the stop to ``fraction`` of the margin from a rate (``adjust_stop_loss``)."""
    distance = abs(fraction / (trade.leverage if trade.leverage != 0.0 else 1.0))
    wanted = rate * (1 + distance) if trade.is_short else rate * (1 - distance)
    rounding = ROUND_DOWN if trade.is_short else ROUND_UP
    stop = price_to_tick(wanted, trade.price_precision, trade.price_mode, rounding)
    if isnan(trade.initial_fraction):
        _set_stop(trade, stop, fraction)
        trade.initial_stop = price_to_tick(stop, trade.price_precision, trade.price_mode, rounding)
        trade.initial_fraction = -abs(fraction)
        return
    nearer = stop < trade.stop if trade.is_short else stop > trade.stop
    if refresh or nearer:
        if not refresh:
            trade.is_trailing = 1
        _set_stop(trade, stop, fraction)


@uncounted
def _set_stop(trade: Any, stop: float, fraction: float) -> None:
    if trade.stop == 0.0:
        trade.initial_stop = stop
    trade.stop = stop
    trade.stop_fraction = -abs(fraction)


@uncounted
def begin_stop(market: Market, trade: Any, rate: float) -> None:
    """Set the stop of a trade that has none yet."""
    if trade.stop == 0.0:
        adjust_stop(trade, rate, market.plan[0].stoploss, KEEP)


@inlined
def follow(
    market: Market, trade: Any, rate: float, low: float, high: float, after_fill: int
) -> None:
    """Let the stop follow a candle, or a fill (``ft_stoploss_adjust``).

    ``low`` and ``high`` are 0 after a fill: the stop is asked about at ``rate`` then.
    """
    plan = market.plan[0]
    if after_fill and not plan.after_fill:
        return
    begin_stop(market, trade, trade.open_rate)
    if trade.is_short:
        in_time = trade.stop > (high if high != 0.0 else rate)
        bound = low
    else:
        in_time = trade.stop < (low if low != 0.0 else rate)
        bound = high
    if not in_time:
        return
    asked = bound if bound != 0.0 else rate
    fraction = plan.stoploss
    if plan.use_custom_stop:
        custom = _declared(market, trade, asked, after_fill)
        if custom != 0.0 and not isnan(custom):
            fraction = custom
            adjust_stop(trade, asked, fraction, after_fill)
    if plan.trailing:
        _trail(market, trade, asked, fraction)


@inlined
def _trail(market: Market, trade: Any, rate: float, fraction: float) -> None:
    plan = market.plan[0]
    if not (plan.trailing_only_offset or not isnan(plan.trailing_positive)):
        adjust_stop(trade, rate, fraction, KEEP)
        return
    profit = profit_ratio(market, trade, rate)
    if plan.trailing_only_offset and profit < plan.trailing_offset:
        return
    if not isnan(plan.trailing_positive) and profit > plan.trailing_offset:
        fraction = plan.trailing_positive
    adjust_stop(trade, rate, fraction, KEEP)


@inlined
def _declared(market: Market, trade: Any, rate: float, after_fill: int) -> float:
    """Return the fraction that `RuleStrategy.custom_stoploss` answers; 0 for none."""
    plan = market.plan[0]
    sign = -1.0 if trade.is_short else 1.0
    price, is_known = 0.0, False
    if plan.declares_stop:
        distance = market.stop_distance[trade.entry_row]
        if not isnan(distance):
            price = stop_price(trade.open_rate, distance, sign, -plan.stoploss, trade.leverage)
            is_known = True
    if plan.declares_trailing:
        distance = market.trailing_distance[trade.entry_row]
        if not isnan(distance):
            other = stop_price(rate, distance, sign, -plan.stoploss, trade.leverage)
            if not is_known or sign * other > sign * price:
                price, is_known = other, True
    if not is_known:
        return 0.0
    fraction = max(_from_absolute(price, rate, trade.is_short, trade.leverage), plan.nearest_stop)
    if after_fill or trade.stop == 0.0 or isnan(trade.initial_fraction):
        return fraction
    off = abs(fraction / trade.leverage)
    if trade.is_short:
        return 0.0 if rate * (1 + off) > trade.stop * (1 + ROUNDING) else fraction
    return 0.0 if rate * (1 - off) < trade.stop * (1 - ROUNDING) else fraction


@uncounted
def stop_price(
    origin: float, distance: float, sign: float, widest: float, leverage: float
) -> float:
    """Return one price of `plimsoll.risk.stops.nearest_stop_price`."""
    return origin - sign * min(distance, origin * widest / leverage)


@uncounted
def _from_absolute(stop: float, rate: float, is_short: int, leverage: float) -> float:
    """Return Freqtrade's ``stoploss_from_absolute``."""
    if rate == 0.0:
        return 1.0
    fraction = 1 - (stop / rate)
    if is_short:
        fraction = -fraction
    return max(fraction, 0.0) * leverage
