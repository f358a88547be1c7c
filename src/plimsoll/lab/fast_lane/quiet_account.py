"""The account at a candle's beginning, while no guard can have anything to say of it. Compiled.

It is marked as `plimsoll.bridge.account.backtest` marks it, to the same bit, and its levels are
kept. Each condition here is a sufficient one for the guards' silence: where it does not hold
nothing is changed, and Python is asked.
"""

from math import inf, isnan, nan, sqrt
from typing import Any

from plimsoll.lab.fast_lane.compiled import inlined, uncounted
from plimsoll.lab.fast_lane.memory import Books, Market

MARGIN = 1e-6
"""Relative distance kept from each limit, as in `plimsoll.risk.quiet`."""
A_DIGIT = 1e-9
"""As in `plimsoll.bridge.account.levels`: a new highest equity is more than this above the last."""
DAY_S = 86_400


@inlined
def looks_quietly(market: Market, books: Books) -> int:
    """Mark the account; return 0, with nothing changed, where the guards may have to act."""
    state, watch = books.state[0], books.watch[0]
    changed, begins = watch.marked != state.closed_trades, state.now_s >= watch.day_ends_s
    if state.open_trades > 0 or changed or begins:
        equity = marked_usd(market, books)
        if isnan(equity) or not _is_kept(books, equity, changed, begins):
            return 0
    watch.looked_s = state.now_s
    return 1


@inlined
def marked_usd(market: Market, books: Books) -> float:
    """Return the equity at the last closes; NaN without one of them, or near a liquidation."""
    plan, state, watch = market.plan[0], books.state[0], books.watch[0]
    equity = watch.starting + state.total_profit
    for place in range(state.open_trades):
        number = books.opened[place]
        trade, row = books.trades[number], closed_row(market, books, number)
        if row < 0:
            return nan
        mark = market.close[row]
        if not _is_far(trade, mark, watch.near_fraction):
            return nan
        entry, closing = trade.open_rate * trade.amount, trade.amount * mark
        moved = entry - closing if trade.is_short else closing - entry
        equity += moved - (entry * plan.fee + closing * plan.fee) + trade.funding
    return equity if -inf < equity < inf else nan


@inlined
def closed_row(market: Market, books: Books, number: int) -> int:
    """Return the row of a pair's candle that closes now; -1 where there is none."""
    now_s, first = books.state[0].now_s, market.pairs[number].first
    row = first + books.next_row[number] - 1
    if row >= first and market.date_s[row] == now_s:
        row -= 1
    if row < first or market.date_s[row] != now_s - market.plan[0].step_s:
        return -1
    return int(row)


@inlined
def _is_far(trade: Any, mark: float, near_fraction: float) -> bool:
    """Return whether a liquidation is far (`plimsoll.risk.quiet.liquidation_is_far`)."""
    if isnan(trade.liquidation):
        return bool(trade.leverage <= 1)
    sign = -1.0 if trade.is_short else 1.0
    return bool((mark - trade.liquidation) * sign / mark > near_fraction)


@inlined
def _is_kept(books: Books, equity: float, changed: bool, begins: bool) -> bool:  # noqa: FBT001
    """Keep a mark's levels; return whether nothing acts on them."""
    state, watch = books.state[0], books.watch[0]
    day_start = equity if begins else watch.day_start
    high_water = max(watch.high_water, equity)
    is_peak = equity > watch.peak * (1 + A_DIGIT)
    peak = equity if is_peak else watch.peak
    if not is_above_floor(watch, equity, day_start, high_water, peak):
        return False
    if changed and not _is_silent(books, equity, high_water):
        return False
    if begins:
        shift = watch.day_shift_s
        watch.day_ends_s = ((state.now_s - shift) // DAY_S + 1) * DAY_S + shift
    if is_peak:
        watch.peak_s = state.now_s
    watch.day_start, watch.high_water, watch.peak = day_start, high_water, peak
    watch.equity, watch.marked = equity, state.closed_trades
    return True


@inlined
def is_above_floor(
    watch: Any, equity: float, day_start: float, high_water: float, peak: float
) -> bool:
    """Return whether no loss comes near its limit (`plimsoll.risk.quiet.loss_floor_usd`)."""
    daily = min(day_start * watch.daily_fraction, watch.daily_usd)
    floor = max(
        day_start - daily,
        high_water * (1 - watch.halt_fraction),
        peak * (1 - watch.terminal_fraction),
    )
    return bool(day_start > 0 and equity > floor + max(peak, high_water) * MARGIN)


@uncounted
def _is_silent(books: Books, equity: float, high_water: float) -> bool:
    """Return whether nothing comes of asking the guards: no act, and no mode that is counted."""
    watch = books.watch[0]
    if watch.is_counted:
        return is_free(books, equity, high_water)
    return _pays_for_itself(books) and not (watch.flattens and _loses_in_a_row(books))


@uncounted
def is_free(books: Books, equity: float, high_water: float) -> bool:
    """Return whether no guard of the account keeps it from entries."""
    watch = books.watch[0]
    if not equity > high_water * (1 - watch.reduce_fraction + MARGIN):
        return False
    return not is_denied(books) and _pays_for_itself(books)


@uncounted
def is_denied(books: Books) -> bool:
    """Return whether a guard that counts orders or trades allows the account no entry, exactly."""
    return not (_is_unthrottled(books) and _has_trades_left(books)) or _loses_in_a_row(books)


@uncounted
def _is_unthrottled(books: Books) -> bool:
    state, watch = books.state[0], books.watch[0]
    if state.orders < watch.max_orders:
        return True
    oldest_s = books.ordered_s[state.orders - watch.max_orders]
    return bool(oldest_s <= state.now_s - watch.window_s)


@uncounted
def _has_trades_left(books: Books) -> bool:
    state, watch = books.state[0], books.watch[0]
    begun_s = (state.now_s - watch.day_shift_s) // DAY_S * DAY_S + watch.day_shift_s
    opened = 0
    for place in range(state.open_trades):
        opened += books.trades[books.opened[place]].open_s >= begun_s
    for place in range(state.closed_trades - 1, -1, -1):
        if books.closed[place].close_s < begun_s or opened >= watch.trades_a_day:
            break
        opened += books.closed[place].open_s >= begun_s
    return bool(opened < watch.trades_a_day)


@uncounted
def _loses_in_a_row(books: Books) -> bool:
    state, watch = books.state[0], books.watch[0]
    first = state.closed_trades - watch.losses
    if first < 0:
        return False
    for place in range(state.closed_trades - 1, first - 1, -1):
        trade = books.closed[place]
        if trade.close_s <= watch.rearmed_s or trade.profit_usd >= 0:
            return False
    last_s = books.closed[state.closed_trades - 1].close_s
    return bool(last_s + watch.pause_s > state.now_s)


@uncounted
def _pays_for_itself(books: Books) -> bool:
    """Return whether the latest trades surely pay (`plimsoll.risk.guards.break_even`)."""
    state, watch = books.state[0], books.watch[0]
    count = watch.break_even_trades
    first = state.closed_trades - count
    if count == 0 or first < 0 or books.closed[first].close_s <= watch.rearmed_s:
        return True
    total, size = 0.0, 0.0
    for place in range(first, state.closed_trades):
        profit = books.closed[place].profit_usd
        total += profit
        size += abs(profit)
    if total >= size * A_DIGIT:
        return True
    mean, squares = total / count, 0.0
    for place in range(first, state.closed_trades):
        squares += (books.closed[place].profit_usd - mean) ** 2
    chance = watch.break_even_z * sqrt(count * (squares / (count - 1)))
    return bool(total >= -chance * (1 - MARGIN) + size * A_DIGIT)
