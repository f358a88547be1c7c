"""Which guards a strategy gets: by what Freqtrade is doing."""

from pathlib import Path

import pytest
from freqtrade.enums import RunMode
from freqtrade.exceptions import OperationalException

from plimsoll.bridge.config.settings import LIVE_OPT_IN
from plimsoll.bridge.guarding.backtest_session import BacktestSession
from plimsoll.bridge.guarding.live_session import LiveSession
from plimsoll.bridge.guarding.opening import open_session
from tests.unit.bridge.bots import backtest, running_bot


@pytest.mark.parametrize(
    "runmode", [RunMode.BACKTEST, RunMode.HYPEROPT, RunMode.UTIL_NO_EXCHANGE], ids=str
)
def test_whatever_backtests_gets_the_guards_of_a_backtest(tmp_path: Path, runmode: RunMode) -> None:
    """The look-ahead analysis backtests under the mode of Freqtrade's other tools."""
    with backtest(tmp_path, runmode=runmode) as bot:
        assert type(bot.strategy._session) is BacktestSession
        assert bot.strategy._session.in_memory


@pytest.mark.parametrize("runmode", [RunMode.DRY_RUN, RunMode.LIVE], ids=str)
def test_a_running_bot_gets_guards_that_outlive_it(tmp_path: Path, runmode: RunMode) -> None:
    opted_in = {"live_opt_in": LIVE_OPT_IN}
    with running_bot(tmp_path, runmode=runmode, plimsoll=opted_in) as bot:
        assert type(bot.strategy._session) is LiveSession
        assert not bot.strategy._session.in_memory


@pytest.mark.parametrize("runmode", [RunMode.PLOT, RunMode.WEBSERVER, None], ids=str)
def test_where_nothing_is_traded_there_are_none(tmp_path: Path, runmode: RunMode | None) -> None:
    with backtest(tmp_path) as bot:
        bot.config["runmode"] = bot.strategy.config["runmode"] = runmode
        bot.strategy.wallets = None
        assert open_session(bot.strategy, bot.strategy._settings) is None


def test_a_backtest_of_freqtrades_webserver_is_guarded(tmp_path: Path) -> None:
    with backtest(tmp_path) as bot:
        bot.strategy.config["runmode"] = RunMode.WEBSERVER
        session = open_session(bot.strategy, bot.strategy._settings)
        assert type(session) is BacktestSession


def test_an_analysis_of_freqtrades_is_only_observed(tmp_path: Path) -> None:
    with backtest(tmp_path) as bot:
        bot.strategy.config["runmode"] = RunMode.UTIL_NO_EXCHANGE
        session = open_session(bot.strategy, bot.strategy._settings)
        assert session is not None
        assert session.observes


def test_a_bot_with_a_cross_margin_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(OperationalException, match='margin_mode "isolated"'),
        running_bot(tmp_path, margin_mode="cross"),
    ):
        pass


def test_a_backtest_with_a_cross_margin_is_not(tmp_path: Path) -> None:
    with backtest(tmp_path, margin_mode="cross") as bot:
        assert bot.strategy._session is not None
