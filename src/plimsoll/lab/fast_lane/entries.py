"""How a trade begins, step for step as Freqtrade's ``_enter_trade``. Compiled."""

from math import isnan, nan
from typing import Any

from plimsoll.lab.fast_lane.compiled import uncounted
from plimsoll.lab.fast_lane.funding import begin_funding
from plimsoll.lab.fast_lane.memory import Books, Market
from plimsoll.lab.fast_lane.money import open_value, product
from plimsoll.lab.fast_lane.stops import AFTER_FILL, KEEP, adjust_stop, follow
from plimsoll.lab.fast_lane.ticks import (
    ROUND,
    TICK_SIZE,
    amount_to_contract_precision,
    price_to_tick,
)
from plimsoll.lab.fast_lane.wallet import (
    NO_STAKE,
    available_usd,
    least_stake_usd,
    max_leverage,
    most_stake_usd,
    proposed_stake_usd,
    valid_stake_usd,
)

ENTERED, NOT_ENTERED, UNKNOWN = 0, 1, 2
"""What became of an entry; `UNKNOWN` is one that Freqtrade raises on or leaves unfilled."""


@uncounted
def enter(market: Market, books: Books, number: int, row: int, is_short: int) -> int:
    """Open a trade at a candle's open, sized by the wallet; without callbacks."""
    pair = market.pairs[number]
    stake = proposed_stake_usd(market, books)
    if stake == NO_STAKE:
        return NOT_ENTERED
    highest = max_leverage(market, pair, stake)
    if isnan(highest):
        return UNKNOWN
    leverage = min(1.0, highest)
    rate = entry_rate(market, row, is_short)
    least = least_stake_usd(market, pair, rate, leverage)
    most = most_stake_usd(market, pair, rate, leverage)
    stake = valid_stake_usd(stake, least, most, available_usd(market, books))
    if stake == 0.0 or not (least == 0.0 or stake >= least):
        return NOT_ENTERED
    amount = amount_to_contract_precision(
        (stake / rate) * leverage, pair.amount_precision, pair.amount_mode, pair.contract_size
    )
    if amount == 0.0:
        return NOT_ENTERED
    return begin(market, books, number, row, is_short, rate, amount, leverage)


@uncounted
def entry_rate(market: Market, row: int, is_short: int) -> float:
    """Return the price of an entry order: the open, which a limit order keeps in the candle."""
    rate = market.open[row]
    if market.plan[0].limit_entry:
        return max(rate, market.low[row]) if is_short else min(rate, market.high[row])
    return float(rate)


@uncounted
def begin(
    market: Market,
    books: Books,
    number: int,
    row: int,
    is_short: int,
    rate: float,
    amount: float,
    leverage: float,
) -> int:
    """Book a trade whose entry order fills at once."""
    if not market.low[row] <= rate <= market.high[row]:
        return UNKNOWN
    plan, state, trade = market.plan[0], books.state[0], books.trades[number]
    state.numbers += 1
    _blank(trade, state.numbers, number, row, market.date_s[row], is_short, leverage)
    _set_tick(market, trade, number)
    trade.enter_tag = market.enter_tag[row]
    trade.ordered_rate = trade.open_rate = rate
    adjust_stop(trade, rate, plan.stoploss, KEEP)
    trade.amount = amount
    trade.open_rate = price_to_tick(rate, trade.price_precision, trade.price_mode, ROUND)
    worth = product(amount, rate)
    trade.stake = trade.most_stake = worth / leverage
    trade.open_value = open_value(amount, trade.open_rate, plan.fee, is_short)
    trade.ordered_value = open_value(amount, rate, plan.fee, is_short)
    adjust_stop(trade, trade.open_rate, trade.stop_fraction, KEEP)
    trade.initial_fraction, trade.is_trailing = nan, 0
    adjust_stop(trade, trade.open_rate, trade.stop_fraction, KEEP)
    begin_funding(market, trade, number)
    _set_liquidation(market, trade, number)
    follow(market, trade, rate, 0.0, 0.0, AFTER_FILL)
    trade.funding = 0.0
    adjust_stop(trade, trade.open_rate, trade.stop_fraction, KEEP)
    books.opened[state.open_trades] = number
    state.open_trades += 1
    state.changes += 1
    return ENTERED


@uncounted
def _blank(
    trade: Any, number: int, pair: int, row: int, date_s: int, is_short: int, leverage: float
) -> None:
    trade.number, trade.pair, trade.entry_row = number, pair, row
    trade.is_open, trade.is_short, trade.leverage = 1, is_short, leverage
    trade.open_s = date_s
    trade.amount = trade.stop = trade.stop_fraction = trade.initial_stop = 0.0
    trade.initial_fraction = trade.liquidation = nan
    trade.lowest = trade.highest = 0.0
    trade.target = trade.target_funding = nan
    trade.is_trailing = trade.has_order = 0
    trade.exit_kind, trade.exit_tag = 0, -1


@uncounted
def _set_tick(market: Market, trade: Any, number: int) -> None:
    """Freeze the tick of the pair at this moment: of its month, else the exchange's."""
    pair = market.pairs[number]
    trade.price_precision, trade.price_mode = pair.price_precision, pair.price_mode
    for row in range(pair.first_tick + pair.ticks - 1, pair.first_tick - 1, -1):
        if market.tick_since_s[row] <= trade.open_s:
            trade.price_precision, trade.price_mode = market.tick_size[row], TICK_SIZE
            return


@uncounted
def _set_liquidation(market: Market, trade: Any, number: int) -> None:
    """Set the liquidation price of an isolated position (Binance's formula, with a buffer)."""
    pair, plan = market.pairs[number], market.plan[0]
    if not plan.futures or pair.tiers == 0:
        return
    row = pair.first_tier + pair.tiers - 1
    while row >= pair.first_tier and not trade.stake >= market.tiers[row].least_notional:
        row -= 1
    if row < pair.first_tier:
        return
    ratio, amount_usd = market.tiers[row].maintenance, market.tiers[row].maintenance_amount
    side = -1 if trade.is_short else 1
    price = ((trade.stake + 0.0 + amount_usd) - (side * trade.amount * trade.open_rate)) / (
        (trade.amount * ratio) - (side * trade.amount)
    )
    buffer = abs(trade.open_rate - price) * plan.liquidation_buffer
    price = max(price - buffer if trade.is_short else price + buffer, 0.0)
    trade.liquidation = price_to_tick(price, trade.price_precision, trade.price_mode, ROUND)
