"""Which legs a stop has closed, in a backtest's memory and in a bot's database."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from freqtrade.persistence import LocalTrade, Trade

from plimsoll.bridge.strategies.breaker import BREAKER, FRACTION_COLUMN, StopOut, stop_outs
from plimsoll.core import Side
from tests.conftest import random_candles
from tests.unit.bridge.trades import backtest_trades, database_trades, trade_fields

NOW = datetime(2024, 1, 9, tzinfo=UTC)
BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
Close = Callable[..., None]


def in_memory(pair: str, closed: datetime, reason: str, *, short: bool) -> None:
    fields = trade_fields(closed - timedelta(days=1), pair=pair, is_short=short)
    trade = LocalTrade(**fields)
    LocalTrade.add_bt_trade(trade)
    trade.is_open, trade.close_date, trade.close_profit_abs = False, closed, -1.0
    trade.exit_reason = reason
    LocalTrade.close_bt_trade(trade)


def in_database(pair: str, closed: datetime, reason: str, *, short: bool) -> None:
    naive = closed.replace(tzinfo=None)
    fields = trade_fields(naive - timedelta(days=1), pair=pair, is_short=short)
    trade = Trade(**{**fields, "is_open": False}, close_date=naive, close_profit_abs=-1.0)
    trade.exit_reason = reason
    Trade.session.add(trade)
    Trade.commit()


@pytest.fixture(params=["memory", "database"])
def close(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Close]:
    kept: AbstractContextManager[None] = (
        backtest_trades() if request.param == "memory" else database_trades(tmp_path / "bot.sqlite")
    )
    with kept:
        yield in_memory if request.param == "memory" else in_database


def test_stops_and_liquidations_of_late_are_told_the_newest_first(close: Close) -> None:
    close(BTC, NOW - timedelta(days=9), "stop_loss", short=False)
    close(BTC, NOW - timedelta(days=3), "stop_loss", short=False)
    close(ETH, NOW - timedelta(days=2), "Carry_ended", short=False)
    close(ETH, NOW - timedelta(hours=5), "liquidation", short=True)
    assert stop_outs(NOW - timedelta(days=8)) == [
        StopOut(ETH, Side.SHORT, NOW - timedelta(hours=5)),
        StopOut(BTC, Side.LONG, NOW - timedelta(days=3)),
    ]


def test_without_closed_trades_there_are_none(close: Close) -> None:
    assert stop_outs(NOW - timedelta(days=8)) == []


def test_its_column_is_the_fraction_of_the_close_and_unknown_without_it() -> None:
    fractions = np.r_[np.nan, np.full(9, 0.3)]
    candles = random_candles(10, timeframe="1h").assign(**{FRACTION_COLUMN: fractions})
    expected = candles["close"] * fractions
    pd.testing.assert_series_equal(BREAKER(candles), expected, check_names=False)
    assert BREAKER.column == "stop_distance"
