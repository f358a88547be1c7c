"""``plimsoll report`` on a result that Freqtrade's own code stored."""

import csv
import json
from datetime import UTC, datetime

import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from plimsoll.cli.report import report
from plimsoll.core.errors import PlimsollError, UsageError
from plimsoll.lab.results import ResultError
from plimsoll.reporting.csv_files import COLUMNS
from tests.unit.performance.frames import BTC, trade, trades_frame, utc

app = typer.Typer()
app.command()(report)

DAYS = 5


@pytest.fixture(scope="module")
def userdir(tmp_path_factory):
    """A user_data folder: candles of one pair, and one stored backtest of one trade."""
    folder = tmp_path_factory.mktemp("user_data")
    dates = pd.date_range("2024-01-01", periods=24 * DAYS, freq="h", tz="UTC")
    candles = pd.DataFrame(
        {"date": dates, "open": 100.0, "high": 101.0, "low": 99.0, "close": 100.0, "volume": 1.0}
    )
    candle_folder = folder / "data" / "binance" / "futures"
    candle_folder.mkdir(parents=True)
    candles.to_feather(candle_folder / "BTC_USDT_USDT-1h-futures.feather")
    _store(folder / "backtest_results")
    return folder


def _store(folder):
    from freqtrade.optimize.optimize_reports import store_backtest_results

    folder.mkdir()
    row = trade(utc("2024-01-02"), utc("2024-01-03"), 100.0, 110.0, fee=0.0005)
    trades = trades_frame(row).astype({"close_date": str, "open_date": str}).to_dict("records")
    for record in trades:
        for name in ("open", "close"):
            record[f"{name}_timestamp"] = int(utc(record[f"{name}_date"]).timestamp() * 1000)
    stats = {
        "trades": trades,
        "timerange": "20240101-20240106",
        "timeframe": "1h",
        "backtest_start_ts": int(datetime(2024, 1, 1, tzinfo=UTC).timestamp() * 1000),
        "backtest_end_ts": int(datetime(2024, 1, 5, 23, tzinfo=UTC).timestamp() * 1000),
        "pairlist": [BTC],
        "starting_balance": 1_000.0,
        "final_balance": 1_009.895,
    }
    config = {
        "exportdirectory": folder,
        "original_config": {"trading_mode": "futures", "exchange": {"name": "binance"}},
    }
    whole = {"strategy": {"TrendFollow": stats}, "metadata": {}, "strategy_comparison": []}
    store_backtest_results(config, whole, "2024-02-01_10-00-00")


def _run(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def test_command_finds_result_and_candles_in_user_data(userdir, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "user_data").symlink_to(userdir)
    done = _run()
    assert done.exit_code == 0, done.output
    names = ["report.html", "report.png", *COLUMNS]
    assert done.output.split() == [f"out/{name}" for name in names]
    assert all((tmp_path / "out" / name).stat().st_size for name in names)
    assert "origin of the prices is not stated" in (tmp_path / "out/report.html").read_text()


def test_json_holds_the_recorded_profit_and_the_files(userdir, tmp_path):
    done = _run(userdir / "backtest_results", "--out", tmp_path, "--json", "--trials", 4)
    record = json.loads(done.output)
    assert record["strategies"]["TrendFollow"]["final_equity_usd"] == pytest.approx(1_009.895)
    assert record["strategies"]["TrendFollow"]["initial_equity_usd"] == 1_000.0
    assert record["costs_bps"] == {"fee": 5.0}
    assert record["trials"] == 4
    assert record["html"] == str(tmp_path / "report.html")


@pytest.mark.parametrize(
    ("market", "kind"),
    [
        ("synthetic, seed 7", "simulated"),
        ("real, Binance USD-M", "real"),
        pytest.param("replay of 2024", "real", marks=pytest.mark.slow),
        ("elsewhere", "unstated"),
    ],
)
def test_market_decides_what_the_report_may_say(userdir, tmp_path, market, kind):
    done = _run(userdir / "backtest_results", "--out", tmp_path, "--json", "--market", market)
    assert json.loads(done.output)["market_kind"] == kind


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nothing.zip"], "nothing.zip does not exist"),
        (["{results}", "--datadir", "nowhere"], "nowhere does not exist"),
        (["{results}", "--pair", "X/USDT"], "X/USDT was not in the backtest; it had BTC"),
    ],
)
def test_wrong_usage_is_named(userdir, tmp_path, words, message):
    filled = [word.format(results=userdir / "backtest_results") for word in words]
    done = _run(*filled, "--out", tmp_path)
    assert isinstance(done.exception, UsageError)
    assert message in str(done.exception)


def test_missing_default_candles_ask_for_datadir(userdir, tmp_path):
    moved = tmp_path / "backtest_results"
    moved.symlink_to(userdir / "backtest_results")
    done = _run(moved, "--out", tmp_path)
    assert isinstance(done.exception, UsageError)
    assert "pass --datadir" in str(done.exception)


def test_damaged_result_is_not_a_traceback(tmp_path):
    (tmp_path / "bad.zip").write_text("no")
    done = _run(tmp_path / "bad.zip", "--datadir", tmp_path)
    assert isinstance(done.exception, ResultError)
    assert isinstance(done.exception, PlimsollError)


def test_two_results_are_compared_and_one_can_be(userdir, tmp_path):
    result = userdir / "backtest_results"
    done = _run(result, result, "--out", tmp_path)
    assert done.exit_code == 0, done.output
    assert done.output.split()[0] == str(tmp_path / "comparison.html")
    page = (tmp_path / "comparison.html").read_text()
    assert "TrendFollow (backtest)" in page
    assert "Period, pairs, timeframe, costs, guards, balance" in page
    alone = _run(result, "--compare", "--out", tmp_path)
    assert "two records at least, found 1" in str(alone.exception)


def test_a_backtest_has_a_journal_on_its_candles(userdir, tmp_path):
    done = _run(userdir / "backtest_results", "--out", tmp_path)
    assert done.exit_code == 0, done.output
    page = (tmp_path / "report.html").read_text()
    assert "Trade journal" in page
    assert "No candles on disk: the fills alone" not in page
    with (tmp_path / "trades.csv").open() as file:
        [row] = csv.DictReader(file)
    assert float(row["profit_usd"]) == pytest.approx(9.895)
