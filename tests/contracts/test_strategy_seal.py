"""No strategy answers a guarded callback itself, however it is written."""

import threading
from pathlib import Path

import pytest
from freqtrade.exceptions import OperationalException
from freqtrade.strategy import IStrategy

from plimsoll.bridge.strategies.guarded import GuardedStrategy
from plimsoll.bridge.strategies.seal import ALSO_SEALED, READS_TRADE, SEALED, require_sealed
from plimsoll.core import PlimsollError
from tests.unit.bridge.bots import NOON, PLAIN, backtest, running_bot

EVERY = {**SEALED, **ALSO_SEALED}
ADDS = (
    PLAIN
    + "\n    def adjust_position(self, trade, now, price, profit_fraction):\n        return 10\n"
)


def named(name: str, bases: tuple[type, ...], answer: object) -> type:
    return type("Sly", bases, {name: answer})


def answers_itself(self: object, **_: object) -> bool:
    return True


@pytest.mark.parametrize(("name", "hook"), EVERY.items())
@pytest.mark.parametrize(
    "answer", [answers_itself, True, property(lambda self: True)], ids=["def", "value", "property"]
)
def test_a_callback_of_its_own_is_refused_with_the_hook_to_use(
    name: str, hook: str | None, answer: object
) -> None:
    with pytest.raises(PlimsollError) as caught:
        require_sealed(named(name, (GuardedStrategy,), answer), GuardedStrategy)
    said = str(caught.value)
    assert "\n" not in said
    wanted = f"{name} (implement {hook} instead)" if hook else f"{name} (there is no hook for it)"
    assert wanted in said
    assert "Sly" in said


@pytest.mark.parametrize("name", EVERY)
def test_so_is_one_that_a_parent_or_a_mixin_brings(name: str) -> None:
    parent = named(name, (GuardedStrategy,), answers_itself)
    for sly in (type("Child", (parent,), {}), type("Mixed", (named(name, (), 1), parent), {})):
        with pytest.raises(PlimsollError, match=name):
            require_sealed(sly, GuardedStrategy)
    mixin = named(name, (), answers_itself)
    with pytest.raises(PlimsollError, match=name):
        require_sealed(type("Mixed", (mixin, GuardedStrategy), {}), GuardedStrategy)


def test_every_callback_found_is_named_at_once() -> None:
    sly = type("Sly", (GuardedStrategy,), dict.fromkeys(EVERY, answers_itself))
    with pytest.raises(PlimsollError) as caught:
        require_sealed(sly, GuardedStrategy)
    assert all(name in str(caught.value) for name in EVERY)


def test_the_hooks_may_be_implemented() -> None:
    hooks = {hook: answers_itself for hook in EVERY.values() if hook}
    assert all(hasattr(GuardedStrategy, hook) for hook in hooks)
    require_sealed(type("Honest", (GuardedStrategy,), hooks), GuardedStrategy)


def test_every_callback_that_freqtrade_would_believe_is_sealed_or_known() -> None:
    """A callback that a later Freqtrade adds fails here, before it passes the guards by."""
    free = {
        "custom_entry_price",
        "custom_exit_price",
        "custom_roi",
        "custom_stoploss",
        "informative_pairs",
        "plot_annotations",
        "version",
        "populate_indicators",
        "populate_entry_trend",
        "populate_exit_trend",
        "populate_buy_trend",
        "populate_sell_trend",
        *(name for name in vars(IStrategy) if name.startswith("feature_engineering")),
        "set_freqai_targets",
        # Their only callers are the callbacks above them, which the base answers.
        "check_buy_timeout",
        "check_sell_timeout",
        "custom_sell",
    }
    callbacks = {
        name
        for name, value in vars(IStrategy).items()
        if callable(value) and not name.startswith(("_", "ft_"))
    }
    documented = {
        name for name in callbacks if "kwargs" in vars(IStrategy)[name].__code__.co_varnames
    }
    assert documented - free <= set(EVERY)
    assert set(READS_TRADE) <= documented


def test_a_stop_of_its_own_beside_a_declared_one_is_refused(tmp_path: Path) -> None:
    both = """
    def stop_distance(self):
        return volatility.atr.use(period=14), 2.0

    def features(self):
        return [volatility.atr.use(period=14)]

    def custom_stoploss(self, *args, **kwargs):
        return None
"""
    text = f"from plimsoll.features import volatility\n{PLAIN}{both}"
    with pytest.raises(OperationalException, match="found both: stakes"), backtest(tmp_path, text):
        pass


def test_freqtrade_itself_refuses_to_load_it_in_one_line(tmp_path: Path) -> None:
    own = PLAIN + "\n    def confirm_trade_entry(self, *args, **kwargs):\n        return True\n"
    with (
        pytest.raises(OperationalException, match=r"confirm_trade_entry \(implement veto_entry"),
        backtest(tmp_path, own),
    ):
        pass


def elsewhere(strategy: IStrategy) -> bool:
    """Whether positions may be added to, as the thread of Telegram or REST sees it."""
    found: list[bool] = []
    thread = threading.Thread(target=lambda: found.append(strategy.position_adjustment_enable))
    thread.start()
    thread.join()
    return found[0]


def test_only_the_loop_of_the_bot_adds_to_a_position(tmp_path: Path) -> None:
    with running_bot(tmp_path, ADDS) as bot:
        bot.loop(NOON)
        assert bot.strategy.position_adjustment_enable is True
        assert elsewhere(bot.strategy) is False


def test_nobody_adds_to_a_position_before_the_first_loop(tmp_path: Path) -> None:
    """Telegram and REST answer while a bot that was restarted has not looked at its account."""
    with running_bot(tmp_path, ADDS) as bot:
        assert elsewhere(bot.strategy) is False


def test_a_backtest_adds_to_positions(tmp_path: Path) -> None:
    with backtest(tmp_path, ADDS) as bot:
        assert bot.strategy.position_adjustment_enable is True


def test_a_strategy_that_adds_nothing_is_not_asked(tmp_path: Path) -> None:
    with backtest(tmp_path) as bot:
        assert bot.strategy.position_adjustment_enable is False


@pytest.mark.parametrize("wanted", [True, False])
def test_the_config_cannot_switch_it(tmp_path: Path, wanted: bool) -> None:
    with backtest(tmp_path, position_adjustment_enable=wanted) as bot:
        assert bot.strategy.position_adjustment_enable is False
    with backtest(tmp_path, ADDS, position_adjustment_enable=wanted) as bot:
        assert bot.strategy.position_adjustment_enable is True
