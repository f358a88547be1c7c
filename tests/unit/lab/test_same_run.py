"""The run that differs in its guards alone."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from plimsoll.lab.results import BacktestResult, read_backtest
from plimsoll.lab.same_run import is_same_run, otherwise_guarded
from tests.unit.performance.frames import BTC

DAY = 86_400_000


def store(folder: Path, number: int, guards: str | None, **more: Any) -> Path:
    """Store a result of Freqtrade's own, as `freqtrade backtesting` does, and return its zip."""
    from freqtrade.optimize.optimize_reports import store_backtest_results

    begin = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp() * 1000)
    stats: dict[str, Any] = {
        "trades": [],
        "timerange": "",
        "timeframe": "1h",
        "backtest_start_ts": begin,
        "backtest_end_ts": begin + 5 * DAY,
        "pairlist": [BTC],
        "starting_balance": 1_000.0,
        "final_balance": 1_000.0,
    } | more
    if guards is not None:
        section: dict[str, Any] = {"acts": [], "denials": [], "totals": {}, "profile": {}}
        stats["plimsoll"] = {"guards": guards, "rearm": {}, **section}
    spans = {k: stats[k] // 1000 for k in ("backtest_start_ts", "backtest_end_ts")}
    meta = {"Trend": {"run_id": str(number), "backtest_start_time": number, **spans}}
    whole = {"strategy": {"Trend": stats}, "metadata": meta, "strategy_comparison": []}
    config = {"exportdirectory": folder, "original_config": {"trading_mode": "futures"}}
    return Path(store_backtest_results(config, whole, f"2024-02-0{number}_10-00-00"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    store(tmp_path, 1, "off")
    store(tmp_path, 2, "off", starting_balance=5_000.0)
    store(tmp_path, 3, "off", backtest_end_ts=int(datetime(2025, 1, 1, tzinfo=UTC).timestamp()))
    store(tmp_path, 4, "off", pairlist=[BTC, "ETH/USDT:USDT"])
    store(tmp_path, 5, None)
    store(tmp_path, 6, "enforce")
    (tmp_path / "backtest-result-9.meta.json").write_text("{broken")
    return tmp_path


def result(folder: Path, number: int) -> BacktestResult:
    return read_backtest(folder / f"backtest-result-2024-02-0{number}_10-00-00.zip")


def test_the_same_run_with_guards_off_is_told_from_all_others(folder: Path) -> None:
    other = otherwise_guarded(result(folder, 6))
    assert other is not None
    assert other.path.name == "backtest-result-2024-02-01_10-00-00.zip"
    assert other.acts is not None
    assert other.acts.guards == "off"


def test_the_newest_of_several_is_taken(folder: Path) -> None:
    store(folder, 7, "observe")
    other = otherwise_guarded(result(folder, 6))
    assert other is not None
    assert other.path.name == "backtest-result-2024-02-07_10-00-00.zip"


def test_a_result_that_says_nothing_of_guards_has_no_other(folder: Path) -> None:
    assert otherwise_guarded(result(folder, 5)) is None


def test_runs_are_the_same_by_strategy_candles_pairs_and_money(folder: Path) -> None:
    one = result(folder, 6)
    assert is_same_run(one, result(folder, 1))
    assert not is_same_run(one, replace(one, timeframe="4h"))
    assert not is_same_run(one, replace(one, strategy="Other"))
