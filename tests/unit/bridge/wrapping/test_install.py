"""A guard is put around a strategy in place; one that cannot be guarded says so, or is refused."""

import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import cloudpickle
import pytest
from freqtrade.enums import RunMode
from freqtrade.exceptions import OperationalException
from freqtrade.resolvers.strategy_resolver import StrategyResolver, check_override
from freqtrade.strategy import IStrategy

from plimsoll.bridge.config.fingerprint import code_fingerprint
from plimsoll.bridge.wrapping.install import guard_of, wrapped
from plimsoll.bridge.wrapping.watch import HOOKED
from tests.unit.bridge.bots import bot_config
from tests.unit.bridge.wrapping.foreign import FOREIGN, answering, guarding

HIDING = answering(leverage="return 2.0") + (
    "    def __getattribute__(self, name):\n        return super().__getattribute__(name)\n"
)


def load(folder: Path, source: str = FOREIGN, **others: Any) -> Any:
    """Load a strategy of a file, as Freqtrade does, with our log handler in force."""
    (folder / "Plain.py").write_text(source, encoding="utf-8")
    config = bot_config(folder, others.pop("runmode", RunMode.BACKTEST), **others)
    with guarding():
        return StrategyResolver.load_strategy(config)


def test_it_is_the_same_object_of_the_same_class_with_everything_of_its_own(tmp_path: Path) -> None:
    strategy = load(tmp_path, answering(leverage="return 2.0"))
    assert type(strategy).__mro__[1] is IStrategy
    assert guard_of(strategy) is not None
    assert (strategy.stoploss, strategy.startup_candle_count) == (-0.1, 20)
    assert check_override(strategy, IStrategy, "leverage")
    assert not [name for name in HOOKED if name != "leverage" and check(strategy, name)]
    assert wrapped(strategy) is strategy


def check(strategy: IStrategy, name: str) -> bool:
    return check_override(strategy, IStrategy, name)


def test_the_code_is_part_of_what_freqtrade_caches_a_backtest_by(tmp_path: Path) -> None:
    assert load(tmp_path).config["plimsoll"]["code_fingerprint"] == code_fingerprint()


@pytest.mark.parametrize(
    ("source", "settings", "why"),
    [(FOREIGN, {"guards": "off"}, '"off"'), (HIDING, {}, "__getattribute__")],
)
def test_a_backtest_without_guards_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, source: str, settings: dict, why: str
) -> None:
    with caplog.at_level(logging.WARNING):
        strategy = load(tmp_path, source, plimsoll=settings)
    assert (guard_of(strategy) is None) is (source is HIDING)
    [line] = [one.getMessage() for one in caplog.records if "NOT GUARDED" in one.getMessage()]
    assert why in line


@pytest.mark.parametrize(
    ("source", "settings"), [(FOREIGN, {"guards": "off"}), (HIDING, {}), (FOREIGN, {"gaurds": 1})]
)
def test_a_bot_without_guards_is_refused_in_one_line(
    tmp_path: Path, source: str, settings: dict
) -> None:
    with pytest.raises(OperationalException, match=r"^plimsoll: ") as caught:
        load(tmp_path, source, plimsoll=settings, runmode=RunMode.DRY_RUN)
    assert "\n" not in str(caught.value)


WORKER = """
import sys, cloudpickle
strategy = cloudpickle.loads(sys.stdin.buffer.read())
from plimsoll.bridge.wrapping.install import guard_of
asked = {"current_time": None, "pair": "BTC/USDT"}
own = vars(type(strategy))["leverage"].own(strategy)(**asked)
print(own, strategy.leverage(**asked), guard_of(strategy).session)
"""


def test_it_reaches_a_worker_of_hyperopt_with_its_guard(tmp_path: Path) -> None:
    strategy = load(tmp_path, answering(leverage="return 2.0"), runmode=RunMode.HYPEROPT)
    command = [sys.executable, "-c", WORKER]
    pickled = cloudpickle.dumps(strategy)
    done = subprocess.run(command, input=pickled, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.decode().split() == ["2.0", "1.0", "None"]
