"""An entry that every guard surely lets in, at the stake that is wanted. Compiled.

Each bound is on the safe side of what a guard works out, by more than rounding. Where one does not
hold, a guard may deny or cut: nothing is changed, and Python is asked.
"""

from math import inf, isnan, log, nan, sqrt
from typing import Any

from plimsoll.lab.fast_lane.compiled import uncounted
from plimsoll.lab.fast_lane.entries import entry_rate
from plimsoll.lab.fast_lane.memory import Books, Market
from plimsoll.lab.fast_lane.quiet_account import (
    MARGIN,
    closed_row,
    is_above_floor,
    is_denied,
    is_free,
)
from plimsoll.lab.fast_lane.stops import stop_price
from plimsoll.lab.fast_lane.ticks import amount_to_contract_precision
from plimsoll.lab.fast_lane.wallet import (
    NO_STAKE,
    available_usd,
    least_stake_usd,
    max_leverage,
    most_stake_usd,
    proposed_stake_usd,
    valid_stake_usd,
)

ASK, NO, YES = 0, 1, 2
"""What is known of an entry: nothing, that it is denied or cannot be paid, that it is let in."""

A_YEAR_S = 365 * 86_400
STILL = 1e-7
"""A standard deviation of log returns below which rounding might count in a correlation."""


@uncounted
def answers(market: Market, books: Books, number: int, row: int, is_short: int) -> int:
    """Return what is known of an entry; of one that is let in, the order is in the books' state."""
    state, watch, pair = books.state[0], books.watch[0], market.pairs[number]
    if not watch.is_counted and (is_denied(books) or _cools_down(books, number)):
        return NO
    proposed = proposed_stake_usd(market, books)
    if proposed == NO_STAKE:
        return NO
    highest = max_leverage(market, pair, proposed)
    if isnan(highest):
        return ASK
    leverage = min(1.0, highest)
    rate = entry_rate(market, row, is_short)
    least = least_stake_usd(market, pair, rate, leverage)
    most = most_stake_usd(market, pair, rate, leverage)
    available = available_usd(market, books)
    wanted = min(proposed, available, most)
    if not (wanted > 0 and wanted >= least and leverage > 0):
        return ASK
    if not is_let_in(market, books, number, row, is_short, rate, wanted, leverage):
        return ASK
    stake = valid_stake_usd(wanted, least, most, available)
    amount = amount_to_contract_precision(
        (stake / rate) * leverage, pair.amount_precision, pair.amount_mode, pair.contract_size
    )
    if not (stake >= least and amount > 0 and amount * rate / leverage <= wanted * (1 + 1e-9)):
        return ASK
    state.answer_rate, state.answer_amount, state.answer_leverage = rate, amount, leverage
    books.ordered_s[state.orders] = state.now_s
    state.orders += 1
    watch.entries += 1
    return YES


@uncounted
def is_let_in(
    market: Market,
    books: Books,
    number: int,
    row: int,
    is_short: int,
    rate: float,
    stake: float,
    leverage: float,
) -> bool:
    """Return whether no guard denies an entry, or cuts its stake."""
    state, watch = books.state[0], books.watch[0]
    last = closed_row(market, books, number)
    if last < 0 or state.open_trades >= watch.max_open:
        return False
    if abs(rate / market.close[last] - 1) > watch.collar_fraction:
        return False
    # A flat account that was re-armed is not marked again, and may still be below its day's floor.
    if not is_above_floor(watch, watch.equity, watch.day_start, watch.high_water, watch.peak):
        return False
    if not is_free(books, watch.equity, watch.high_water) or _cools_down(books, number):
        return False
    cost = most_cost(market, books, number, last)
    sign = -1.0 if is_short else 1.0
    if not cost < inf or not _pays_its_costs(market, watch, row, sign, rate, cost):
        return False
    risk = stake * leverage * most_loss(market, watch, row, sign, rate, cost, leverage)
    return _fits(market, books, stake * leverage, risk) and _differs(
        market, books, number, last, sign
    )


@uncounted
def _cools_down(books: Books, number: int) -> bool:
    """Return whether a trade of the pair has closed of late."""
    state, watch = books.state[0], books.watch[0]
    for place in range(state.closed_trades - 1, -1, -1):
        trade = books.closed[place]
        if trade.close_s <= state.now_s - watch.cooldown_s:
            return False
        if trade.pair == number:
            return True
    return False


@uncounted
def most_cost(market: Market, books: Books, number: int, last: int) -> float:
    """Return the most that a fill may cost as a fraction of it; infinity where it is unknown.

    What latency costs grows with the volatility of the latest candles. Their squared returns
    without the mean, each by the smaller of its prices, are an upper bound of it.
    """
    watch, cost = books.watch[0], books.fill_cost[number]
    if watch.latency_factor == 0.0:
        return float(cost)
    first = _first_of_window(market, number, last, watch.window)
    if first < 0:
        return inf
    squares = 0.0
    for row in range(first + 1, last + 1):
        before, after = market.close[row - 1], market.close[row]
        moved = (after - before) / min(before, after)
        squares += moved * moved
    yearly = sqrt(squares / (watch.window - 2) * (A_YEAR_S / market.plan[0].step_s))
    return float(cost + watch.latency_factor * yearly * (1 + MARGIN))


@uncounted
def _first_of_window(market: Market, number: int, last: int, candles: int) -> int:
    """Return the first row of so many candles that end with ``last``; -1 where some are missing."""
    first = last - candles + 1
    if first < market.pairs[number].first:
        return -1
    span_s = (candles - 1) * market.plan[0].step_s
    return first if market.date_s[last] - market.date_s[first] == span_s else -1


@uncounted
def _pays_its_costs(
    market: Market, watch: Any, row: int, sign: float, rate: float, cost: float
) -> bool:
    """Return whether a declared target is known, and worth the round trip."""
    if not watch.target:
        return True
    gain = market.target_distance[row]
    needed = cost * (2 * rate + sign * gain) * watch.target_to_cost
    return bool(rate + sign * gain > 0 and gain > needed * (1 + MARGIN))


@uncounted
def most_loss(
    market: Market, watch: Any, row: int, sign: float, rate: float, cost: float, leverage: float
) -> float:
    """Return the most that an entry may lose at its stop, per notional; NaN where it is unknown."""
    widest, price = -market.plan[0].stoploss, nan
    if watch.stop:
        price = stop_price(rate, market.stop_distance[row], sign, widest, leverage)
        if isnan(market.stop_distance[row]):
            return nan
    if watch.trailing:
        if isnan(market.trailing_distance[row]):
            return nan
        other = stop_price(rate, market.trailing_distance[row], sign, widest, leverage)
        if isnan(price) or sign * other > sign * price:
            price = other
    if isnan(price):
        if not widest < watch.no_stop:
            return 1 / leverage + cost
        price = stop_price(rate, inf, sign, widest, leverage)
    if not (price > 0 and sign * (rate - price) > 0):
        return nan
    if watch.breaker_fraction < 1 and sign * (rate - price) > rate * watch.breaker_fraction:
        price = rate * (1 - sign * watch.breaker_fraction)
    return float((sign * (rate - price) + cost * (rate + price)) / rate)


@uncounted
def _fits(market: Market, books: Books, notional: float, risk: float) -> bool:
    """Return whether an entry is within the limits of size, beside what is held."""
    state, watch, equity = books.state[0], books.watch[0], books.watch[0].equity
    held, heat = 0.0, 0.0
    for place in range(state.open_trades):
        number = books.opened[place]
        trade, row = books.trades[number], closed_row(market, books, number)
        if row < 0:
            return False
        worth = trade.amount * max(market.close[row], trade.open_rate)
        held += worth
        heat += _heat(trade, market.close[row], worth, watch.breaker_fraction)
    room = 1 - MARGIN
    return bool(
        notional <= min(equity * watch.position_fraction, watch.position_usd) * room
        and held + notional <= min(equity * watch.exposure_fraction, watch.exposure_usd) * room
        and heat + risk <= equity * watch.heat_fraction * room
        and risk <= equity * watch.risk_fraction * room
        and risk <= equity * watch.planned_fraction * room
    )


@uncounted
def _heat(trade: Any, mark: float, worth: float, breaker_fraction: float) -> float:
    """Return what a position's stop would cost (`plimsoll.risk.exposure`)."""
    if trade.stop == 0.0:
        return float(trade.stake)
    sign = -1.0 if trade.is_short else 1.0
    planned = (trade.open_rate - trade.stop) * sign * trade.amount
    from_here = (mark - trade.stop) * sign * trade.amount
    risk = max(0.0, planned, from_here)
    return float(min(risk, worth * breaker_fraction) if breaker_fraction < 1 else risk)


@uncounted
def _differs(market: Market, books: Books, number: int, last: int, sign: float) -> bool:
    """Return whether an entry is surely no bet that is held already."""
    state, watch = books.state[0], books.watch[0]
    if watch.correlation >= 1:
        return True
    for place in range(state.open_trades):
        other = books.opened[place]
        row = closed_row(market, books, other)
        if row < 0 or _first_of_window(market, number, last, watch.window) < 0:
            return False
        if _first_of_window(market, other, row, watch.window) < 0:
            return False
        side = -sign if books.trades[other].is_short else sign
        if not side * correlation(market, last, row, watch.window - 1) < watch.correlation - MARGIN:
            return False
    return True


@uncounted
def correlation(market: Market, last: int, row: int, count: int) -> float:
    """Return the correlation of the ``count`` log returns up to two rows; NaN where it is vague."""
    ones = others = squares = other_squares = products = 0.0
    for back in range(count):
        one = log(market.close[last - back] / market.close[last - back - 1])
        other = log(market.close[row - back] / market.close[row - back - 1])
        ones += one
        others += other
        squares += one * one
        other_squares += other * other
        products += one * other
    spread = (squares - ones * ones / count) / count
    other_spread = (other_squares - others * others / count) / count
    if not (spread > STILL * STILL and other_spread > STILL * STILL):
        return nan
    return float((products - ones * others / count) / count / sqrt(spread * other_spread))
