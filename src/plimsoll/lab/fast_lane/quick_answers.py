"""What Freqtrade's backtest works out again and again on a run, from what was prepared once.

Funding is summed from arrays that are taken out of their frame once, a pair's limits on stakes are
kept by what they were asked for, and trades count their orders once. The answers are Freqtrade's
own, to the last bit; its methods are back in place after the run.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from math import isnan
from typing import Any

import pandas as pd
from freqtrade.enums import TradingMode

LIMITS_KEPT = 20_000


class Funding:
    """The funding of one pair: what a unit paid, by its time.

    Parameters
    ----------
    rates
        Freqtrade's frame of funding and mark rates, with the columns that it adds to it.
    """

    def __init__(self, rates: pd.DataFrame) -> None:
        self._is_empty = rates.empty
        self._times = [] if rates.empty else rates["_ff_date_ns"].tolist()
        self._fees = None if rates.empty else rates["_ff_fee_per_unit"].to_numpy()

    def paid(self, amount: float, since: datetime, until: datetime, *, is_short: bool) -> float:
        """Return ``Exchange.calculate_funding_fees`` of an amount between two moments."""
        fees: float = 0
        if self._fees is not None:
            first = bisect_left(self._times, pd.Timestamp(since).value)
            last = bisect_right(self._times, pd.Timestamp(until).value)
            fees = sum((self._fees[first:last] * amount).tolist())
        if isnan(fees):
            fees = 0.0
        return fees if is_short else -fees


@contextmanager
def quick_answers(backtesting: Any) -> Iterator[None]:
    """Let a backtest ask what was prepared, for the time of a run."""
    exchange = backtesting.exchange
    placed = [(exchange, "_get_stake_amount_limit", _kept(exchange._get_stake_amount_limit))]  # noqa: SLF001 - both of its limits end there
    if backtesting.trading_mode == TradingMode.FUTURES:
        placed.append((backtesting, "_run_funding_fees", _booking(backtesting)))
    for owner, name, quick in placed:
        setattr(owner, name, quick)
    try:
        yield
    finally:
        for owner, name, _ in placed:
            delattr(owner, name)


def _booking(backtesting: Any) -> Any:
    """Return what stands in for ``Backtesting._run_funding_fees``."""
    book = backtesting._run_funding_fees  # noqa: SLF001 - for frames without Freqtrade's columns
    every, data = backtesting.funding_fee_timeframe_secs, backtesting.futures_data
    known = {
        pair: Funding(rates)
        for pair, rates in data.items()
        if rates.empty or "_ff_fee_per_unit" in rates.columns
    }

    def run_funding_fees(trade: Any, current_time: datetime, force: bool = False) -> None:  # noqa: FBT001, FBT002 - Freqtrade's signature
        if not force and current_time.timestamp() % every != 0:
            return
        funding = known.get(trade.pair)
        if funding is None:
            book(trade, current_time, force)
            return
        since = trade.date_last_filled_utc
        paid = funding.paid(trade.amount, since, current_time, is_short=trade.is_short)
        trade.set_funding_fees(paid)

    return run_funding_fees


def _kept(limit: Any) -> Any:
    """Return ``Exchange._get_stake_amount_limit``, which depends on what it is asked alone."""
    kept: dict[tuple[Any, ...], Any] = {}

    def get_stake_amount_limit(*asked: Any) -> Any:
        if asked not in kept:
            if len(kept) > LIMITS_KEPT:
                kept.clear()
            kept[asked] = limit(*asked)
        return kept[asked]

    return get_stake_amount_limit
