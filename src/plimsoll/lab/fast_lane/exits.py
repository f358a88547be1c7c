"""How a trade ends, in Freqtrade's order of reasons. Compiled."""

from math import isnan, nan
from typing import Any

from plimsoll.lab.fast_lane.compiled import inlined, uncounted
from plimsoll.lab.fast_lane.funding import book_funding
from plimsoll.lab.fast_lane.memory import Books, Market
from plimsoll.lab.fast_lane.money import close_value, round8
from plimsoll.lab.fast_lane.records import (
    CLOSING,
    EXIT_LONG_SET,
    EXIT_SHORT_SET,
    FORCED,
    LIQUIDATION,
    LONG_SET,
    NONE,
    ROI,
    SHORT_SET,
    SIGNAL,
    STOP,
    TRAILING,
)
from plimsoll.lab.fast_lane.stops import IN_CANDLE, ROUGHNESS, follow, profit_ratio, roughly
from plimsoll.lab.fast_lane.ticks import ROUND, price_to_tick
from plimsoll.lab.fast_lane.wallet import added


@inlined
def look_at(market: Market, books: Books, number: int, row: int, now_s: int) -> None:
    """Book funding, move the stop, and order the first exit that a candle gives."""
    plan, trade = market.plan[0], books.trades[number]
    if plan.futures and now_s % plan.funding_step_s == 0:
        book_funding(market, trade, number, now_s)
    rate, low, high = market.open[row], market.low[row], market.high[row]
    signals = market.signals[row]
    entered = (signals & (SHORT_SET if trade.is_short else LONG_SET)) != 0
    left = (signals & (EXIT_SHORT_SET if trade.is_short else EXIT_LONG_SET)) != 0
    best = low if trade.is_short else high
    trade.highest = max(high, trade.highest if trade.highest != 0.0 else trade.open_rate)
    trade.lowest = min(low, trade.lowest if trade.lowest != 0.0 else trade.open_rate)
    follow(market, trade, rate, low, high, IN_CANDLE)
    hit = _stopped(trade, low, high)
    minutes = (now_s - trade.open_s) // 60
    if books.closing[number] != 0 and _ordered(market, books, number, row, CLOSING, minutes):
        return
    if plan.use_exit_signal and left and not entered:
        taken = not plan.exit_profit_only
        if not taken:
            taken = profit_ratio(market, trade, rate) > plan.exit_profit_offset
        if taken and _ordered(market, books, number, row, SIGNAL, minutes):
            return
    if hit in (STOP, LIQUIDATION) and _ordered(market, books, number, row, hit, minutes):
        return
    if not (entered and plan.ignore_roi) and _earned(market, trade, best, minutes):  # noqa: SIM102
        if _ordered(market, books, number, row, ROI, minutes):
            return
    if hit == TRAILING:
        _ordered(market, books, number, row, TRAILING, minutes)


@inlined
def _stopped(trade: Any, low: float, high: float) -> int:
    """Return which stop a candle reaches."""
    if trade.is_short:
        is_hit, is_liquidated = trade.stop <= high, trade.liquidation <= high
    else:
        is_hit, is_liquidated = trade.stop >= low, trade.liquidation >= low
    if is_hit:
        return TRAILING if trade.is_trailing else STOP
    if is_liquidated and trade.liquidation != 0.0:
        return LIQUIDATION
    return NONE


@inlined
def _target(market: Market, trade: Any, minutes: int) -> tuple[int, float]:
    """Return the minutes of the ROI step in force, and its profit; NaN for none."""
    since, wanted = -1, nan
    for row in range(market.roi_minutes.size):
        if market.roi_minutes[row] <= minutes:
            since, wanted = market.roi_minutes[row], market.roi_fractions[row]
    if market.plan[0].declares_target:
        distance = market.target_distance[trade.entry_row]
        if not isnan(distance):
            if trade.target_funding != trade.funding:
                price = trade.open_rate + (-distance if trade.is_short else distance)
                trade.target = profit_ratio(market, trade, price)
                trade.target_funding = trade.funding
            own = trade.target
            if not isnan(own) and (isnan(wanted) or own < wanted):
                return minutes, own
    return since, wanted


@inlined
def _earned(market: Market, trade: Any, best: float, minutes: int) -> bool:
    """Return whether the candle's best price earns what is wanted."""
    _, wanted = _target(market, trade, minutes)
    if isnan(wanted) or roughly(market, trade, best) < wanted - ROUGHNESS:
        return False
    return profit_ratio(market, trade, best) > wanted


@uncounted
def _ordered(market: Market, books: Books, number: int, row: int, kind: int, minutes: int) -> bool:
    """Order an exit; return whether it was: not where the same order rests already."""
    trade, state, plan = books.trades[number], books.state[0], market.plan[0]
    rate, tag = _exit_rate(market, trade, row, kind, minutes), -1
    if isnan(rate):
        return False
    if kind == SIGNAL:
        tag = market.exit_tag[row]
        if plan.limit_exit:
            bound = market.high[row] if trade.is_short else market.low[row]
            rate = min(rate, bound) if trade.is_short else max(rate, bound)
    if kind == CLOSING:
        tag = books.closing[number]
    if kind != LIQUIDATION and plan.guarded:
        books.ordered_s[state.orders] = market.date_s[row]
        state.orders += 1
    trade.exit_kind, trade.exit_tag = kind, tag
    return send(trade, rate, market.date_s[row], kind, tag)


@uncounted
def send(trade: Any, rate: float, date_s: int, kind: int, tag: int) -> bool:
    """Put an exit order in the place of the one that rests, unless it is the same."""
    rate = price_to_tick(rate, trade.price_precision, trade.price_mode, ROUND)
    if trade.has_order and trade.order_price == rate:
        return False
    trade.has_order, trade.order_price, trade.order_s = 1, rate, date_s
    trade.order_kind, trade.order_tag = kind, tag
    return True


@uncounted
def _exit_rate(market: Market, trade: Any, row: int, kind: int, minutes: int) -> float:
    """Return the price of an exit; NaN where Freqtrade refuses one."""
    if kind in (STOP, TRAILING, LIQUIDATION):
        return _stop_rate(market, trade, row, kind, minutes)
    if kind == ROI:
        return _roi_rate(market, trade, row, minutes)
    return float(market.open[row])


@uncounted
def _stop_rate(market: Market, trade: Any, row: int, kind: int, minutes: int) -> float:
    plan, rate = market.plan[0], market.open[row]
    low, high = market.low[row], market.high[row]
    price = trade.liquidation if kind == LIQUIDATION else trade.stop
    if (price < low) if trade.is_short else (price > high):
        return float(rate)
    if kind != TRAILING or minutes != 0:
        return float(price)
    side = -1 if trade.is_short else 1
    if (
        not plan.use_custom_stop
        and plan.trailing
        and plan.trailing_only_offset
        and not isnan(plan.trailing_positive)
        and plan.trailing_positive != 0.0
    ):
        price = rate * (
            1
            + side * abs(plan.trailing_offset)
            - side * abs(plan.trailing_positive / trade.leverage)
        )
    else:
        price = rate * (1 - side * abs(trade.stop_fraction / trade.leverage))
    return min(high, price) if trade.is_short else max(low, price)


@uncounted
def rate_of_profit(market: Market, trade: Any, wanted: float) -> float:
    """Return the price at which a trade earns a profit (``calc_close_rate_for_roi``)."""
    plan = market.plan[0]
    at_0 = close_value(trade.amount, 0.0, plan.fee, trade.is_short)
    at_1 = close_value(trade.amount, 1.0, plan.fee, trade.is_short)
    if plan.futures:
        funding = -trade.funding if trade.is_short else trade.funding
        at_0, at_1 = at_0 + funding, at_1 + funding
    sign = -1.0 if trade.is_short else 1.0
    share = 1.0 + ((wanted / trade.leverage) / sign)
    return float((share * trade.open_value - at_0) / (at_1 - at_0))


@uncounted
def _roi_rate(market: Market, trade: Any, row: int, minutes: int) -> float:
    since, wanted = _target(market, trade, minutes)
    rate, step = market.open[row], market.plan[0].step_s // 60
    if isnan(wanted):
        return float(rate)
    if wanted == -1 and since % step == 0:
        return float(rate)
    price = rate_of_profit(market, trade, wanted)
    is_new = rate < price if trade.is_short else rate > price
    if minutes > 0 and minutes == since and since % step == 0 and is_new:
        return float(rate)
    close, low, high = market.close[row], market.low[row], market.high[row]
    if minutes == 0:
        if trade.is_short:
            against = rate < close and trade.open_rate > rate and price < close
        else:
            against = rate > close and trade.open_rate < rate and price > close
        if against:
            return nan
    return float(min(max(price, low), high))


@inlined
def fill(market: Market, books: Books, number: int, row: int, now_s: int) -> bool:
    """Fill the resting exit where the candle reaches it; return whether the trade closed."""
    trade = books.trades[number]
    if not market.low[row] <= trade.order_price <= market.high[row]:
        return False
    _close(market, books, number, now_s)
    return True


@uncounted
def _close(market: Market, books: Books, number: int, now_s: int) -> None:
    plan, state, trade = market.plan[0], books.state[0], books.trades[number]
    trade.funding = trade.funding_running + 0.0
    closing = close_value(trade.amount, trade.order_price, plan.fee, trade.is_short)
    if plan.futures:
        closing = closing - trade.funding if trade.is_short else closing + trade.funding
    gained = trade.ordered_value - closing if trade.is_short else closing - trade.ordered_value
    trade.profit_usd = round8(gained) + 0.0
    trade.profit_ratio = (trade.profit_usd / trade.ordered_value) * trade.leverage
    trade.close_s, trade.close_rate = now_s, trade.order_price
    trade.is_open = trade.has_order = 0
    state.total_profit += trade.profit_usd
    state.closed_sum, state.closed_lost = added(
        state.closed_sum, state.closed_lost, trade.profit_usd
    )
    books.closed[state.closed_trades] = trade
    state.closed_trades += 1
    state.changes += 1
    turn = 0
    while books.opened[turn] != number:
        turn += 1
    state.open_trades -= 1
    for place in range(turn, state.open_trades):
        books.opened[place] = books.opened[place + 1]


@uncounted
def force(market: Market, books: Books, number: int) -> None:
    """Close what is left at the end of a pair's candles, at its last open."""
    pair, trade = market.pairs[number], books.trades[number]
    row = pair.first + pair.rows - 1
    send(trade, market.open[row], market.date_s[row], FORCED, -1)
    trade.exit_kind, trade.exit_tag = FORCED, -1
    fill(market, books, number, row, market.date_s[row])
