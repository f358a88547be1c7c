"""A stored backtest as a record and a report."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from plimsoll.cli.backtest_report import _datadir, backtest_record, backtest_report
from plimsoll.core.errors import UsageError
from plimsoll.lab.results import BacktestResult
from plimsoll.reporting.trading_record import RecordSource
from tests.unit.lab.test_same_run import store
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


@pytest.fixture
def userdir(tmp_path: Path) -> Path:
    """A user folder with candles from 70 days before the run on, and results of two states."""
    candles = hours(24 * 76, "2023-10-23")
    prices = {"open": 10.0, "high": 11.0, "low": 9.0, "close": 10.0, "volume": 1.0}
    folder = tmp_path / "data" / "binance" / "futures"
    folder.mkdir(parents=True)
    frame = pd.DataFrame({"date": candles, **prices})
    frame.to_feather(folder / "BTC_USDT_USDT-1h-futures.feather")
    results = tmp_path / "backtest_results"
    results.mkdir()
    store(results, 1, "off")
    store(results, 2, "enforce")
    return tmp_path


def zipped(userdir: Path, number: int) -> Path:
    return userdir / "backtest_results" / f"backtest-result-2024-02-0{number}_10-00-00.zip"


def test_guards_and_a_market_from_before_the_run_are_in_the_record(userdir: Path) -> None:
    made = backtest_report(zipped(userdir, 2), datadir=userdir / "data" / "binance").main
    assert made.acts is not None
    assert made.acts.guards == "enforce"
    assert made.market_name == BTC
    assert made.market is not None
    assert made.market.index[0] < made.start - pd.Timedelta(days=60)
    assert made.equity.index[0] == made.start


def test_the_run_in_another_state_of_its_guards_is_found_or_named(userdir: Path) -> None:
    datadir = userdir / "data" / "binance"
    other = backtest_report(zipped(userdir, 2), datadir=datadir).against
    assert other is not None
    assert other.acts is not None
    assert other.acts.guards == "off"
    named = backtest_report(zipped(userdir, 1), datadir=datadir, against=zipped(userdir, 2)).against
    assert named is not None
    assert named.acts is not None
    assert named.acts.guards == "enforce"


def test_another_run_is_not_compared(userdir: Path) -> None:
    store(userdir / "backtest_results", 3, "off", starting_balance=5_000.0)
    with pytest.raises(UsageError, match="is another run: expected Trend on 1h from 2024-01-01"):
        backtest_report(
            zipped(userdir, 2),
            datadir=userdir / "data" / "binance",
            against=zipped(userdir, 3),
        )


@pytest.mark.parametrize("named", [".", "enforce"])
def test_a_comparison_that_was_kept_has_its_other_run_and_its_candles(
    userdir: Path, named: str
) -> None:
    kept = userdir / "backtest_results" / "guards-2024-02-01"
    for number, guards in enumerate(("off", "enforce", "observe"), start=1):
        (kept / guards).mkdir(parents=True)
        store(kept / guards, number, guards)
    made = backtest_report(kept / named)
    assert made.main.acts is not None
    assert made.main.acts.guards == "enforce"
    assert made.against is not None
    assert made.against.acts is not None
    assert made.against.acts.guards == "off"


def test_the_candles_that_the_runs_config_names_are_taken_first(
    userdir: Path, tmp_path: Path
) -> None:
    named = replace(result(), path=zipped(userdir, 2), config={"datadir": str(tmp_path)})
    assert _datadir(named, None) == tmp_path
    assert _datadir(replace(named, config={}), None) == userdir / "data" / "binance"
