"""Freqtrade's wallet: what is free, what may be staked, what the exchange takes. Compiled."""

from math import inf, isnan, nan
from typing import Any

from plimsoll.lab.fast_lane.compiled import inlined, uncounted
from plimsoll.lab.fast_lane.memory import Books, Market

NO_STAKE = -1.0
"""The wallet cannot pay the stake."""


@inlined
def tied_usd(market: Market, books: Books) -> float:
    """Return the stakes of all open trades, added as Python adds them."""
    total, lost = 0.0, 0.0
    for turn in range(books.state[0].open_trades):
        stake = books.trades[books.opened[turn]].stake
        total, lost = added(total, lost, stake)
    return summed(market.plan[0].compensated, total, lost)


@inlined
def added(total: float, lost: float, value: float) -> tuple[float, float]:
    """Return a running sum and what rounding has taken from it (Neumaier 1974)."""
    both = total + value
    if abs(total) >= abs(value):
        lost += (total - both) + value
    else:
        lost += (value - both) + total
    return both, lost


@inlined
def summed(compensated: int, total: float, lost: float) -> float:
    """Return what Python's ``sum`` says: from 3.12 on it gives back what rounding took."""
    return total + lost if compensated and lost != 0.0 else total


@inlined
def free_usd(market: Market, books: Books) -> float:
    """Return the free balance: the start, profits of closed trades, less what is staked."""
    plan, state = market.plan[0], books.state[0]
    return (plan.starting + (state.total_profit + 0.0)) - tied_usd(market, books)


@inlined
def balance_usd(market: Market, books: Books) -> float:
    """Return the whole balance (``Wallets.get_total`` of the stake currency)."""
    free = free_usd(market, books)
    total = free + (tied_usd(market, books) if market.plan[0].futures else 0.0)
    return total if total != 0.0 else 0.0


@uncounted
def available_usd(market: Market, books: Books) -> float:
    """Return what may be staked now (``Wallets.get_available_stake_amount``)."""
    plan, state = market.plan[0], books.state[0]
    tied, free = tied_usd(market, books), free_usd(market, books)
    if isnan(plan.available_capital):
        tradable = (tied + free) * plan.tradable_ratio
    else:
        closed = summed(plan.compensated, state.closed_sum, state.closed_lost)
        tradable = plan.available_capital + closed
    return min(tradable - tied, free)


@uncounted
def proposed_stake_usd(market: Market, books: Books) -> float:
    """Return the stake of a new trade (``Wallets.get_trade_stake_amount``) or `NO_STAKE`."""
    plan = market.plan[0]
    available = available_usd(market, books)
    stake = plan.stake
    if isnan(stake):
        if plan.max_open_trades == 0:
            stake = 0.0
        else:
            stake = (available + tied_usd(market, books)) / plan.max_open_trades
            stake = min(stake, available)
    if plan.amend_last:
        stake = min(stake, available) if available > stake * plan.last_ratio else 0.0
    if available < stake:
        return NO_STAKE
    return max(stake, 0.0)


@uncounted
def max_leverage(market: Market, pair: Any, stake: float) -> float:
    """Return ``Exchange.get_max_leverage``; NaN where that raises."""
    if not market.plan[0].futures or pair.tiers == 0:
        return 1.0
    if stake == 0:
        return float(market.tiers[pair.first_tier].max_leverage)
    for row in range(pair.first_tier, pair.first_tier + pair.tiers):
        tier = market.tiers[row]
        if stake <= tier.most_notional / tier.max_leverage:
            return float(tier.max_leverage)
    return nan


@uncounted
def least_stake_usd(market: Market, pair: Any, rate: float, leverage: float) -> float:
    """Return ``Exchange.get_min_pair_stake_amount`` of an entry; 0 where there is no limit."""
    margin = 1.0 + market.plan[0].reserve
    reserve = max(min(margin / (1 - abs(-0.05)), 1.5), 1.0)
    least = nan
    if not isnan(pair.least_cost):
        least = pair.least_cost * reserve
    if not isnan(pair.least_amount):
        amount = pair.least_amount * rate * margin
        least = amount if isnan(least) else max(least, amount)
    return 0.0 if isnan(least) else least / (leverage if leverage != 0.0 else 1.0)


@uncounted
def most_stake_usd(market: Market, pair: Any, rate: float, leverage: float) -> float:
    """Return ``Exchange.get_max_pair_stake_amount``; infinity where there is no limit."""
    most = inf
    if market.plan[0].futures:
        for row in range(pair.first_tier + pair.tiers - 1, pair.first_tier - 1, -1):
            if leverage <= market.tiers[row].max_leverage:
                if market.tiers[row].most_notional != 0.0:
                    most = market.tiers[row].most_notional
                break
    if not isnan(pair.most_cost):
        most = min(most, pair.most_cost * 1.0)
    if not isnan(pair.most_amount):
        most = min(most, pair.most_amount * rate * 1.0)
    return most / (leverage if leverage != 0.0 else 1.0)


@uncounted
def valid_stake_usd(stake: float, least: float, most: float, available: float) -> float:
    """Return ``Wallets.validate_stake_amount`` of a new trade; 0 for none."""
    if not stake > 0:
        return 0.0
    allowed = min(most, available)
    if least > allowed:
        return 0.0
    if stake < least:
        if stake * 1.3 < least:
            return 0.0
        stake = least
    return min(stake, allowed)
