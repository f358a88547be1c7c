"""Every way in which Freqtrade loads a strategy ends in the guards' hands."""

from base64 import urlsafe_b64encode
from pathlib import Path

import pytest
from freqtrade.enums import RunMode
from freqtrade.exceptions import OperationalException
from freqtrade.resolvers.strategy_resolver import StrategyResolver

from plimsoll.bridge.freqtrade import strategy_loading
from plimsoll.bridge.wrapping.install import guard_of
from tests.unit.bridge.bots import bot_config
from tests.unit.bridge.wrapping.foreign import FOREIGN, guarding


def test_a_strategy_is_guarded_from_then_on_and_not_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Another test of this process may have loaded a strategy that asks for guards itself.
    monkeypatch.setattr(
        StrategyResolver, "validate_strategy", staticmethod(strategy_loading._inherited)
    )
    (tmp_path / "Plain.py").write_text(FOREIGN, encoding="utf-8")
    config = bot_config(tmp_path, RunMode.BACKTEST)
    assert guard_of(StrategyResolver.load_strategy(config)) is None
    with guarding():
        assert guard_of(StrategyResolver.load_strategy(config)) is not None


def test_a_strategy_given_as_base64_is_guarded(tmp_path: Path) -> None:
    code = urlsafe_b64encode(FOREIGN.encode()).decode()
    config = bot_config(tmp_path, RunMode.BACKTEST, strategy=f"Plain:{code}")
    with guarding():
        assert guard_of(StrategyResolver.load_strategy(config)) is not None


def test_a_strategy_of_a_folder_further_down_is_guarded(tmp_path: Path) -> None:
    folder = tmp_path / "strategies" / "deep" / "deeper"
    folder.mkdir(parents=True)
    (folder / "Plain.py").write_text(FOREIGN, encoding="utf-8")
    config = bot_config(tmp_path, RunMode.BACKTEST, recursive_strategy_search=True)
    del config["strategy_path"]
    with guarding():
        assert guard_of(StrategyResolver.load_strategy(config)) is not None


def test_freqtrades_own_validation_comes_first(tmp_path: Path) -> None:
    both = FOREIGN + (
        "    def adjust_order_price(self, **asked):\n        return None\n\n"
        "    def adjust_entry_price(self, **asked):\n        return None\n"
    )
    (tmp_path / "Plain.py").write_text(both, encoding="utf-8")
    config = bot_config(tmp_path, RunMode.BACKTEST)
    with guarding(), pytest.raises(OperationalException, match="adjust_order_price"):
        StrategyResolver.load_strategy(config)


def test_orders_of_a_strategy_that_names_no_timeout_do_not_rest_for_ever(tmp_path: Path) -> None:
    own = {"entry": 25, "exit": 25, "unit": "minutes"}
    (tmp_path / "Plain.py").write_text(FOREIGN, encoding="utf-8")
    config = bot_config(tmp_path, RunMode.BACKTEST)
    config.pop("unfilledtimeout", None)
    with guarding():
        StrategyResolver.load_strategy(config)
        assert config["unfilledtimeout"]["entry"] == 10
        config["unfilledtimeout"] = own
        StrategyResolver.load_strategy(config)
        assert config["unfilledtimeout"] == own
        del config["unfilledtimeout"]
        (tmp_path / "Plain.py").write_text(FOREIGN + f"    unfilledtimeout = {own}\n")
        StrategyResolver.load_strategy(config)
    assert config["unfilledtimeout"] == own
