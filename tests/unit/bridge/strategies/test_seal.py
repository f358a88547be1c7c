"""No strategy takes guards or its own stop away, by its class, its object or the config.

`tests/contracts/test_strategy_seal.py` tries every sealed callback.
"""

from pathlib import Path

import pytest
from freqtrade.exceptions import OperationalException
from freqtrade.strategy import IStrategy

from plimsoll.bridge.strategies.guarded import GuardedStrategy
from plimsoll.bridge.strategies.seal import (
    ALSO_SEALED,
    READS_TRADE,
    SEALED,
    require_sealed,
    require_sealed_object,
)
from plimsoll.core import PlimsollError
from tests.unit.bridge.bots import PLAIN, backtest, running_bot

STOPPED = """
from plimsoll.bridge.strategies.guarded import GuardedStrategy
from plimsoll.features import volatility


class Plain(GuardedStrategy):
    timeframe = "5m"

    def features(self):
        return [volatility.atr.use(period=14)]

    def stop_distance(self):
        return self.features()[0], 2.0

    def entry_signal(self, candles, side):
        return candles["close"] < 0
"""
OPEN_DOOR = (
    PLAIN
    + """
    def __init__(self, config):
        super().__init__(config)
        self.confirm_trade_entry = lambda **asked: True
"""
)


def test_a_callback_set_on_the_object_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(OperationalException, match="sets confirm_trade_entry on itself"),
        running_bot(tmp_path, OPEN_DOOR),
    ):
        pass


def test_a_backtest_may_begin_twice_with_the_spared_callbacks(tmp_path: Path) -> None:
    with backtest(tmp_path) as bot:
        bot.strategy.bot_start()


def test_a_declared_stop_that_is_never_set_is_refused(tmp_path: Path) -> None:
    """The config could switch it off, and stakes were sized by it nevertheless."""
    with running_bot(tmp_path, STOPPED):
        pass
    with (
        pytest.raises(OperationalException, match="use_custom_stoploss to be true"),
        running_bot(tmp_path, STOPPED, use_custom_stoploss=False),
    ):
        pass


BLIND = f"""{PLAIN}
    def should_exit(self, *arguments, **others):
        return []
"""
BLINDED = f"""{PLAIN}
    def __init__(self, config):
        super().__init__(config)
        self.should_exit = lambda *arguments, **others: []
"""


@pytest.mark.parametrize("source", [BLIND, BLINDED], ids=["class", "object"])
def test_a_strategy_that_decides_itself_what_closes_is_refused(tmp_path: Path, source: str) -> None:
    with (
        pytest.raises(OperationalException, match="should_exit"),
        running_bot(tmp_path, source),
    ):
        pass


# By hand


class Sly(GuardedStrategy):
    """A strategy that is never built: its class, or a bare object of it, is looked at."""


def test_a_class_that_leaves_the_callbacks_alone_is_taken() -> None:
    require_sealed(Sly, GuardedStrategy)


def test_a_callback_without_a_hook_is_refused_as_such() -> None:
    sly = type("Sly", (Sly,), {"should_exit": lambda self: []})
    with pytest.raises(PlimsollError, match=r"its own should_exit \(there is no hook for it\)$"):
        require_sealed(sly, GuardedStrategy)


def bare(**held: object) -> GuardedStrategy:
    strategy = object.__new__(Sly)
    vars(strategy).update(held)
    return strategy


def test_every_callback_that_an_object_holds_is_named() -> None:
    both = bare(custom_exit=lambda **_: None, confirm_trade_entry=lambda **_: True, free=1)
    with pytest.raises(PlimsollError, match="sets custom_exit, confirm_trade_entry on itself"):
        require_sealed_object(both)


def test_only_freqtrades_own_check_of_exits_may_be_held() -> None:
    own = bare()
    vars(own)["should_exit"] = IStrategy.should_exit.__get__(own)
    require_sealed_object(own)
    with pytest.raises(PlimsollError, match="sets should_exit on itself"):
        require_sealed_object(bare(should_exit=GuardedStrategy.should_exit.__get__(own)))


def test_what_reads_a_trade_is_a_callback_and_its_hook_exists() -> None:
    assert {hook for hooks in READS_TRADE.values() for hook in hooks} <= set(dir(GuardedStrategy))
    assert set(READS_TRADE) <= set(dir(IStrategy))
    assert not set(SEALED) & set(ALSO_SEALED)
