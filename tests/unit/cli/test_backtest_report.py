"""A stored backtest as a record."""

from pathlib import Path

import pandas as pd
import pytest

from plimsoll.cli.backtest_report import backtest_record
from plimsoll.lab.results import BacktestResult
from plimsoll.reporting.trading_record import RecordSource
from tests.unit.performance.frames import BTC, hours, trade, trades_frame

INDEX = hours(48)


def result(name: str = "Trend") -> BacktestResult:
    trades = trades_frame(trade(INDEX[3], INDEX[9], 10.0, 11.0, enter_tag=None, leverage=2.0))
    return BacktestResult(
        path=Path("backtest-result-1.zip"),
        strategy=name,
        timerange="20240101-20240103",
        timeframe="1h",
        start=INDEX[0],
        end=INDEX[-1],
        pairs=(BTC,),
        starting_balance_usd=100.0,
        final_balance_usd=101.0,
        trades=trades,
        fee_fraction=0.0005,
        config={"stake_currency": "USDC"},
    )


def test_a_stored_backtest_becomes_a_record_of_its_strategy() -> None:
    closes = pd.DataFrame({BTC: 10.0}, index=INDEX)
    record = backtest_record(result(), closes)
    assert record.source is RecordSource.BACKTEST
    assert (record.stake_currency, record.timeframe) == ("USDC", "1h")
    assert record.equity.iloc[-1] == pytest.approx(101.0)
    assert record.trades["leverage"].tolist() == [2.0]
    assert record.costs_bps == {"fee": 5.0}
    assert not record.is_baseline
    assert backtest_record(result("NoTrade"), closes).is_baseline
