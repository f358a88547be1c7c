"""Positions that guards close in a backtest."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from freqtrade.persistence import LocalTrade

from plimsoll.bridge.guarding.run_closings import open_positions, positions_closed
from tests.unit.bridge.bots import BTC, ETH, NOON
from tests.unit.bridge.trades import FEE, backtest_trades, trade_fields

HOUR = timedelta(hours=1)


def test_trades_that_a_guard_closed_are_told_by_their_exit_reason() -> None:
    trade = {
        "pair": BTC,
        "open_date": pd.Timestamp(NOON - HOUR),
        "close_date": pd.Timestamp(NOON),
        "stake_amount": 100.0,
        "profit_abs": -9.0,
    }
    trades = [
        {**trade, "exit_reason": "plimsoll_daily_loss"},
        {**trade, "exit_reason": "stop_loss"},
    ]
    ((at, rule, pair, position),) = positions_closed(trades)
    assert (at, rule, pair) == (NOON, "daily_loss", BTC)
    assert position.open_time == datetime(2026, 11, 19, 11, tzinfo=UTC)
    assert (position.stake_usd, position.profit_usd) == (100.0, -9.0)


def test_open_positions_are_worth_what_closing_at_the_mark_would_make() -> None:
    with backtest_trades():
        for pair in (BTC, ETH):
            fields = trade_fields(NOON - HOUR, pair=pair, trading_mode="futures")
            LocalTrade.add_bt_trade(LocalTrade(**fields, realized_profit=2.0))
        both = dict(open_positions(None, NOON, lambda pair, now: 90.0))
        one = dict(open_positions(ETH, NOON, lambda pair, now: 90.0))
    assert (set(both), set(one)) == ({BTC, ETH}, {ETH})
    assert one[ETH].profit_usd == pytest.approx(2.0 - 100.0 - FEE * (1000 + 900))
