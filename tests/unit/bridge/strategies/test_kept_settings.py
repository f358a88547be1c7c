"""Settings that exits rest on are those of class and config, whatever a strategy sets later."""

from pathlib import Path
from typing import Any

import pytest

from plimsoll.bridge.strategies.kept_settings import KEPT, KeptSettings
from tests.unit.bridge.bots import NOON, PLAIN, backtest, running_bot
from tests.unit.bridge.guarding.test_live_session import clock, loops, written

__all__ = ["clock"]

LIMITS = {"entry": "limit", "exit": "limit", "emergency_exit": "limit", "stoploss": "limit"}


class Loaded:
    """What Freqtrade has loaded, as far as it is kept."""

    def __init__(self) -> None:
        self.order_types: Any = {"entry": "limit", "exit": "limit", "stoploss": "market"}
        self.order_time_in_force: Any = {"entry": "GTC", "exit": "GTC"}
        self.use_exit_signal: Any = False
        self.use_custom_stoploss: Any = True


@pytest.mark.parametrize("name", KEPT)
@pytest.mark.parametrize("value", [None, {}, LIMITS, False], ids=str)
def test_whatever_is_set_is_put_back_and_named(name: str, value: object) -> None:
    strategy = Loaded()
    kept = KeptSettings(strategy)
    kept.put_back(strategy, at_market=False)
    before = {name: getattr(strategy, name) for name in KEPT}
    setattr(strategy, name, value)
    changed = kept.put_back(strategy, at_market=False)
    assert changed == [name]
    assert {name: getattr(strategy, name) for name in KEPT} == before
    assert kept.put_back(strategy, at_market=False) == []


def test_exit_signals_are_on_whatever_was_loaded() -> None:
    strategy = Loaded()
    KeptSettings(strategy).put_back(strategy, at_market=False)
    assert strategy.use_exit_signal is True


def test_what_is_closed_is_closed_at_market_until_nothing_is() -> None:
    strategy = Loaded()
    kept = KeptSettings(strategy)
    kept.put_back(strategy, at_market=True)
    assert strategy.order_types == {
        "entry": "limit",
        "exit": "market",
        "emergency_exit": "market",
        "stoploss": "market",
    }
    assert kept.put_back(strategy, at_market=False) == [], "the base itself has set it"
    assert strategy.order_types == Loaded().order_types


def test_an_exit_that_is_sent_now_is_a_market_order_that_can_be_taken() -> None:
    strategy = Loaded()
    kept = KeptSettings(strategy)
    kept.put_back(strategy, at_market=False)
    strategy.order_types, strategy.order_time_in_force = None, {"exit": "PO"}
    kept.close_at_market(strategy)
    assert strategy.order_types["emergency_exit"] == strategy.order_types["exit"] == "market"
    assert strategy.order_time_in_force == {"entry": "GTC", "exit": "GTC"}
    assert kept.put_back(strategy, at_market=False) == []


SETS = f"""{PLAIN}
    def on_loop(self, now):
        self.order_types["exit"] = "limit"
"""


def test_what_a_hook_has_set_is_on_record_and_told_once_an_hour(tmp_path: Path, clock: Any) -> None:
    with running_bot(tmp_path, SETS) as bot:
        loops(bot, clock, 3)
        assert bot.strategy.order_types["exit"] == "market"
        assert len([text for text in bot.said() if "replaced order_types" in text]) == 1
        assert bot.strategy._session.looks_after.held == {}
    errors = written(tmp_path, "error")
    assert [(one["where"], one["message"]) for one in errors] == [
        ("seal", "the strategy replaced order_types, which was put back")
    ] * 3


def test_what_on_start_sets_is_put_back_in_a_backtest_too(tmp_path: Path) -> None:
    sets = f"{PLAIN}\n    def on_start(self):\n        self.use_exit_signal = False\n"
    with backtest(tmp_path, sets) as bot:
        assert bot.strategy.use_exit_signal is True
        bot.loop(NOON)
        assert bot.strategy.use_exit_signal is True
