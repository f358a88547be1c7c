"""The decorator, in a process that nothing else has made load us."""

import subprocess
import sys
from pathlib import Path

import pytest

from plimsoll.lab.processes import child_environment

STRATEGY = """
from freqtrade.strategy import IStrategy
{line}

{mark}
class Mine(IStrategy):
    timeframe = "5m"
    stoploss = -0.1
    minimal_roi = {{"0": 0.1}}

    def populate_indicators(self, dataframe, metadata):
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe
"""
LOAD = """
import sys
from pathlib import Path
from freqtrade.enums import RunMode
from freqtrade.resolvers import StrategyResolver
config = {"strategy": "Mine", "strategy_path": sys.argv[1], "user_data_dir": Path(sys.argv[1]),
          "runmode": RunMode.BACKTEST, "stake_currency": "USDT", "trading_mode": "futures"}
made = StrategyResolver.load_strategy(config)
from plimsoll.bridge.wrapping.install import guard_of
print(type(made).__name__, guard_of(made) is not None)
"""


@pytest.mark.parametrize("decorated", [True, False])
def test_a_decorated_strategy_is_guarded_without_our_log_handler(
    tmp_path: Path, decorated: bool
) -> None:
    line = "from plimsoll.strategies import guarded" if decorated else ""
    text = STRATEGY.format(line=line, mark="@guarded" if decorated else "")
    (tmp_path / "Mine.py").write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", LOAD, str(tmp_path)],
        capture_output=True,
        text=True,
        env=child_environment(),
    )
    assert done.stdout.split() == ["Mine", str(decorated)], done.stderr
