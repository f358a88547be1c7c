"""Funding as Freqtrade books it in a backtest. Compiled."""

from math import isnan
from typing import Any

from plimsoll.lab.fast_lane.compiled import inlined, uncounted
from plimsoll.lab.fast_lane.memory import Market
from plimsoll.lab.fast_lane.wallet import added, summed


@uncounted
def begin_funding(market: Market, trade: Any, number: int) -> None:
    """Find the first stamp of a new trade, and book what falls on its very entry."""
    pair = market.pairs[number]
    low, high = pair.first_funding, pair.first_funding + pair.fundings
    while low < high:
        middle = (low + high) // 2
        if market.funding_s[middle] < trade.open_s:
            low = middle + 1
        else:
            high = middle
    trade.funding_row = low
    trade.funding_sum = trade.funding_lost = 0.0
    trade.funding = trade.funding_running = 0.0
    if market.plan[0].futures:
        book_funding(market, trade, number, trade.open_s)


@inlined
def book_funding(market: Market, trade: Any, number: int, now_s: int) -> None:
    """Book the funding from the entry up to now, both ends included."""
    pair = market.pairs[number]
    row, last = trade.funding_row, pair.first_funding + pair.fundings
    total, lost = trade.funding_sum, trade.funding_lost
    while row < last and market.funding_s[row] <= now_s:
        total, lost = added(total, lost, market.funding_per_unit[row] * trade.amount)
        row += 1
    trade.funding_row, trade.funding_sum, trade.funding_lost = row, total, lost
    fees = summed(market.plan[0].compensated, total, lost)
    if isnan(fees):
        fees = 0.0
    trade.funding = trade.funding_running = fees if trade.is_short else -fees
