"""One backtest in this process, with every answer of the strategy's callbacks."""

from pathlib import Path

import freqtrade.optimize.backtesting as engine
import freqtrade.strategy.interface as interface
import pandas as pd
import pytest
from freqtrade.exceptions import OperationalException
from freqtrade.persistence.usedb_context import FtNoDBContext
from freqtrade.resolvers import StrategyResolver

from plimsoll.bridge.freqtrade import strategy_loading
from plimsoll.lab.leaks.running import StrategyRunner
from plimsoll.lab.strategy_data import end_of, write_strategy_data

SOURCE = """
from freqtrade.strategy import IStrategy


class Tried(IStrategy):
    timeframe = "5m"
    startup_candle_count = 10
    minimal_roi = {"0": 1.0}
    stoploss = -0.02
    position_adjustment_enable = True

    def populate_indicators(self, dataframe, metadata):
        dataframe["row"] = range(len(dataframe))
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["row"] % 20 == 0, ["enter_long", "enter_tag"]] = (1, "twenty")
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["row"] % 20 == 10, "exit_long"] = 1
        return dataframe

    def custom_stake_amount(self, current_time, **kwargs):
        return 100.0 + current_time.hour

    def adjust_trade_position(self, trade, current_time, **kwargs):
        return 50.0 if trade.nr_of_successful_entries == 1 else None
"""
DAYS = 2


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StrategyRunner:
    # As in a process of its own: others install the guards around every strategy for good.
    bare = staticmethod(strategy_loading._inherited)
    monkeypatch.setattr(StrategyResolver, "validate_strategy", bare)
    (tmp_path / "strategies").mkdir()
    (tmp_path / "strategies/Tried.py").write_text(SOURCE, encoding="utf-8")
    write_strategy_data(tmp_path / "data", timeframe="5m", days=DAYS)
    return StrategyRunner("Tried", tmp_path, end_of(DAYS) - pd.Timedelta(hours=6))


def test_run_has_columns_answers_and_fills(runner: StrategyRunner, tmp_path: Path) -> None:
    plain = engine.strategy_safe_wrapper
    with FtNoDBContext("5m"):
        run = runner.run(tmp_path / "data", end_of(DAYS))
        again = runner.run(tmp_path / "data", end_of(DAYS))
    frame = run.columns["BTC/USDT:USDT"]
    assert {"row", "enter_long", "exit_long", "enter_tag"} <= set(frame.columns)
    stakes = [one for one in run.decisions if one.callback == "custom_stake_amount"]
    assert stakes
    assert all(one.value == 100.0 + one.at.hour for one in stakes)
    added = [one for one in run.decisions if one.callback == "adjust_trade_position"]
    assert {one.value for one in added} == {50.0, None}
    assert {one.side for one in run.fills} == {"buy", "sell"}
    assert [one.at for one in run.fills] == sorted(one.at for one in run.fills)
    assert run.fills[0].tag == "twenty"
    assert run.filled_within < {one.at for one in run.fills}
    stops = {one.at for one in run.fills if one.tag == "stop_loss"}
    assert stops <= run.filled_within
    assert {one.at for one in run.fills if one.tag == "twenty"} - run.filled_within
    assert (run.decisions, run.fills) == (again.decisions, again.fills)
    assert engine.strategy_safe_wrapper is interface.strategy_safe_wrapper is plain


def test_strategy_that_freqtrade_refuses_is_refused(runner: StrategyRunner, tmp_path: Path) -> None:
    text = SOURCE.replace("timeframe =", "frame =")
    (tmp_path / "strategies/Tried.py").write_text(text, encoding="utf-8")
    with FtNoDBContext("5m"), pytest.raises(OperationalException):
        runner.run(tmp_path / "data", end_of(DAYS))
    assert engine.strategy_safe_wrapper is interface.strategy_safe_wrapper
