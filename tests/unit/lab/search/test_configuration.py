"""The config of a search is what freqtrade hyperopt reads."""

import logging
from pathlib import Path

import pytest
from freqtrade.enums import RunMode
from freqtrade.exceptions import OperationalException

from plimsoll.core import PlimsollError, UsageError
from plimsoll.lab.search.configuration import (
    as_backtest,
    backtest_config,
    hyperopt_config,
    one_line,
    quiet,
    with_timerange,
)
from tests.support.search_ground import SearchGround


def test_arguments_are_those_of_freqtrade_hyperopt(ground: SearchGround) -> None:
    config = hyperopt_config(ground.arguments("--random-state", "7", epochs=11))
    assert config["runmode"] is RunMode.HYPEROPT
    assert (config["epochs"], config["hyperopt_random_state"]) == (11, 7)
    assert config["spaces"] == ["buy", "sell"]


def test_an_argument_that_freqtrade_refuses_is_one_line() -> None:
    with pytest.raises(UsageError, match="unrecognized arguments: --nonsense"):
        hyperopt_config(["--nonsense"])


def test_a_layer_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.json"):
        hyperopt_config(["--userdir", str(tmp_path), "-c", str(tmp_path / "none.json")])


def test_a_copy_for_a_backtest_leaves_the_search_alone(ground: SearchGround) -> None:
    config = hyperopt_config(ground.arguments())
    made = with_timerange(as_backtest(config), "20250601-20250602")
    assert (made["runmode"], made["export"]) == (RunMode.BACKTEST, "none")
    assert (config["runmode"], config["timerange"]) == (RunMode.HYPEROPT, "20250604-20250609")


def test_a_backtest_is_read_as_freqtrade_reads_it_and_stores_nothing(ground: SearchGround) -> None:
    own = ground.arguments()
    made = backtest_config([*own[: own.index("--hyperopt-loss")], "--fee", "0.002"])
    assert (made["runmode"], made["fee"]) == (RunMode.BACKTEST, 0.002)
    assert (made["export"], made["backtest_cache"]) == ("none", "none")
    with pytest.raises(UsageError, match=r"freqtrade backtesting would not take .* --epochs 3"):
        backtest_config([*own[: own.index("--hyperopt-loss")], "--epochs", "3"])


def test_quiet_keeps_warnings_and_ends(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("freqtrade.quiet")
    logger.setLevel(logging.INFO)
    with quiet():
        logger.info("news")
        logger.warning("a warning")
    logger.info("later")
    assert [one.message for one in caplog.records] == ["a warning", "later"]


def test_what_freqtrade_refuses_is_one_line() -> None:
    with pytest.raises(PlimsollError, match=r"^no data for BTC$"), one_line():
        raise OperationalException("plimsoll: no data\n  for BTC")
