"""Whatever callback a strategy answers itself, its answer does not exceed the verdict."""

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from freqtrade.exceptions import FreqtradeException
from freqtrade.persistence import LocalTrade
from freqtrade.strategy import IStrategy

from plimsoll.bridge.wrapping.install import guard_of
from plimsoll.bridge.wrapping.watch import HOOKED
from plimsoll.core import Mode, Verdict
from tests.unit.bridge.bots import BTC, NOON, PLAIN, Bot, backtest, candles, entry, running_bot
from tests.unit.bridge.trades import trade_fields

ADDS = (
    PLAIN
    + "\n    def adjust_position(self, trade, now, price, profit_fraction):\n        return 10\n"
)
HALT = Verdict(Mode.HALTED, "drawdown", "too deep")
GREEDY = {
    "leverage": "return 50.0",
    "custom_stake_amount": "return 1_000_000.0",
    "confirm_trade_entry": "return True",
    "adjust_trade_position": "return 1_000_000.0",
    "custom_exit": "return None",
    "confirm_trade_exit": "return False",
    "check_entry_timeout": "return False",
    "check_exit_timeout": "return False",
    "should_exit": "return []",
    "ft_check_timed_out": "return False",
    "_adjust_trade_position_internal": 'return 1_000_000.0, "more"',
}
"""What a strategy would answer that wants as much as it can get, and to keep it."""


def answering(*names: str, by: str = "class") -> str:
    """A strategy on the base with answers of its own, in its class or set on the object."""
    if by == "class":
        answers = [
            f"    def {name}(self, *given, **asked):\n        {GREEDY[name]}" for name in names
        ]
        return "\n\n".join([PLAIN, *answers]) + "\n"
    sets = [f"        self.{name} = lambda *given, **asked: {GREEDY[name][7:]}" for name in names]
    return "\n".join([PLAIN, "    def on_start(self):", *sets]) + "\n"


def known(bot: Bot) -> Any:
    session = guard_of(bot.strategy).session
    session.learn(BTC, candles([100.0] * 30))
    bot.loop(NOON)
    return session


@pytest.mark.parametrize("by", ["class", "object"])
@pytest.mark.parametrize("name", GREEDY)
def test_it_takes_no_more_than_the_guards_leave_and_keeps_nothing_that_they_close(
    tmp_path: Path, name: str, by: str
) -> None:
    with backtest(tmp_path, answering(name, by=by)) as bot:
        held_to_the_verdict(bot)


@pytest.mark.parametrize("by", ["class", "object"])
def test_so_it_is_with_all_of_them_at_once(tmp_path: Path, by: str) -> None:
    with backtest(tmp_path, answering(*GREEDY, by=by)) as bot:
        held_to_the_verdict(bot)


def held_to_the_verdict(bot: Bot) -> None:
    """Ask everything twice: while all is well, and while the account is halted."""
    session, strategy = known(bot), bot.strategy
    asked = {"pair": BTC, "current_time": NOON, "entry_tag": None, "side": "long"}
    rates = {"current_rate": 100.0, "proposed_leverage": 1.0, "max_leverage": 50.0}
    assert strategy.leverage(**asked, **rates) <= 3.0
    sizes = {"proposed_stake": 100.0, "min_stake": 5.0, "max_stake": 1e9, "leverage": 1.0}
    assert 0 < strategy.custom_stake_amount(**asked, current_rate=100.0, **sizes) <= 10_000
    trade = LocalTrade(
        **trade_fields(NOON - timedelta(hours=1), pair=BTC, trading_mode="futures", amount=1.0),
        realized_profit=0.0,
    )
    LocalTrade.add_bt_trade(trade)
    session.supervisor.hold(HALT, NOON)
    bot.loop(NOON + timedelta(minutes=5))
    assert not entry(strategy, NOON)
    profits = ("current_profit", "current_entry_profit", "current_exit_profit")
    more = dict.fromkeys(("current_rate", "current_entry_rate", "current_exit_rate"), 100.0)
    more |= dict.fromkeys(profits, 0.0)
    stake, _ = strategy._adjust_trade_position_internal(
        trade=trade, current_time=NOON, min_stake=5.0, max_stake=1e9, **more
    )
    assert stake is None
    first, *_ = strategy.should_exit(trade, 100.0, NOON, enter=False, exit_=False)
    assert first.exit_reason == "plimsoll_drawdown"
    leaving = {"order_type": "market", "amount": 1.0, "rate": 100.0, "time_in_force": "GTC"}
    assert strategy.confirm_trade_exit(
        pair=BTC, trade=trade, exit_reason=first.exit_reason, current_time=NOON, **leaving
    )


def test_every_callback_that_freqtrade_would_believe_is_hooked_or_known() -> None:
    """A callback that a later Freqtrade adds fails here, before it passes the guards by."""
    free = {
        "bot_start",
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
        # Asked only inside of what is hooked, whose answer is bounded as a whole.
        "adjust_trade_position",
        "check_entry_timeout",
        "check_exit_timeout",
        "custom_exit",
        # Of an order that was allowed: another price, never another size.
        "adjust_entry_price",
        "adjust_exit_price",
        "adjust_order_price",
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
    assert documented - free <= set(HOOKED)


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
    with pytest.raises(FreqtradeException, match="found both: stakes"), backtest(tmp_path, text):
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
