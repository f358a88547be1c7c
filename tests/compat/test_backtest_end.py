"""A backtest that can say nothing of its strategy ends with one line and a status that is not 0.

Freqtrade swallows what a callback raises, and ends with 2 after an `OperationalException`.
"""

from collections.abc import Callable

import pytest

from plimsoll.core import PlimsollError
from tests.compat.conftest import TIMERANGE, Workspace

FAILS_ALWAYS = '''
from freqtrade.strategy import IStrategy


class FailsAlways(IStrategy):
    """Somebody's strategy with a typing error."""

    timeframe = "5m"
    stoploss = -0.05
    minimal_roi = {"0": 0.01}

    def populate_indicators(self, dataframe, metadata):
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["close"] < dataframe["open"], "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe

    def custom_stake_amount(self, **asked):
        return asked["proposed_stake"] / self.missing
'''


def run(workspace: Workspace, strategy: str) -> str:
    layers = workspace.layers("mode-backtest.json")
    arguments = ["--strategy", strategy, "--timerange", TIMERANGE, "--cache", "none"]
    with pytest.raises(PlimsollError, match=r"\(status 2\)") as ended:
        workspace.run("backtesting", [*layers, *arguments])
    return str(ended.value)


@pytest.mark.freqtrade
def test_a_callback_that_fails_at_every_entry_ends_the_run(workspace: Workspace) -> None:
    file = workspace.userdir / "strategies/FailsAlways.py"
    file.write_text(FAILS_ALWAYS, encoding="utf-8")
    log = workspace.folder / "freqtrade.log"
    before = log.stat().st_size
    assert "FailsAlways: sizing failed 100 times with AttributeError" in run(
        workspace, "FailsAlways"
    )
    logged = log.read_text(encoding="utf-8")[before:]
    assert logged.count("Traceback (most recent call last)") == 3


@pytest.mark.freqtrade
def test_a_portfolio_on_too_few_days_ends_the_run(
    fresh_workspace: Callable[[], Workspace],
) -> None:
    workspace = fresh_workspace()
    workspace.run("download-data", [*workspace.layers(), "-t", "1h", "--timerange", "20241220-"])
    assert "rows are ready: needs 180 days, has" in run(workspace, "TrendPortfolio")
