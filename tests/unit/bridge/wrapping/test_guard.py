"""What Freqtrade gets of a guarded strategy: its own answers, bounded by the verdict.

`tests/foreign` runs whole strategies of others, bare and guarded, and compares their trades.
"""

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from freqtrade.enums import ExitType
from freqtrade.persistence import LocalTrade, Order, Trade
from freqtrade.strategy.strategy_wrapper import strategy_safe_wrapper

from plimsoll.bridge.wrapping.install import guard_of
from plimsoll.core import Mode, Verdict
from plimsoll.journal.acts import acts_of
from tests.unit.bridge.bots import BTC, NOON, Bot, candles, open_trade
from tests.unit.bridge.guarding.test_live_session import HOUR, clock, loops, written
from tests.unit.bridge.trades import trade_fields
from tests.unit.bridge.wrapping.foreign import FOREIGN, answering, backtested, observing, traded

__all__ = ["clock"]

ENTRY = {"pair": BTC, "current_time": NOON, "entry_tag": "a tag", "side": "long"}
LEVERAGE = {**ENTRY, "current_rate": 100.0, "proposed_leverage": 1.0, "max_leverage": 50.0}
STAKE = {
    **ENTRY,
    "current_rate": 100.0,
    "proposed_stake": 500.0,
    "min_stake": 5.0,
    "max_stake": 9000.0,
    "leverage": 1.0,
}
CONFIRM = {**ENTRY, "order_type": "limit", "amount": 5.0, "rate": 100.0, "time_in_force": "GTC"}
ADJUST = {
    "current_time": NOON,
    "current_rate": 100.0,
    "current_profit": 0.0,
    "min_stake": 5.0,
    "max_stake": 9000.0,
    "current_entry_rate": 100.0,
    "current_exit_rate": 100.0,
    "current_entry_profit": 0.0,
    "current_exit_profit": 0.0,
}
RAISES = 'raise KeyError("no answer")'
HALT = Verdict(Mode.HALTED, "drawdown", "too deep")


def known(bot: Bot) -> Any:
    """The session of a backtest that has seen a quiet market and one loop."""
    session = guard_of(bot.strategy).session
    session.learn(BTC, candles([100.0] * 30))
    bot.loop(NOON)
    return session


def asked(bot: Bot, name: str, default: Any, arguments: dict[str, Any]) -> Any:
    """Ask as Freqtrade does."""
    return strategy_safe_wrapper(getattr(bot.strategy, name), default_retval=default)(**arguments)


def trade_of(amount: float = 10.0, **others: Any) -> LocalTrade:
    """An open trade of a backtest."""
    trade = LocalTrade(
        **trade_fields(NOON - HOUR, pair=BTC, trading_mode="futures", amount=amount, **others),
        realized_profit=0.0,
    )
    LocalTrade.add_bt_trade(trade)
    return trade


# While they observe


def test_observing_guards_return_the_very_answers_and_record_what_they_would_do(
    tmp_path: Path,
) -> None:
    source = answering(
        leverage="return 20.0",
        custom_stake_amount="return 8000.0",
        confirm_trade_entry="return True",
    )
    with backtested(tmp_path, source, **observing()) as bot:
        session = known(bot)
        assert asked(bot, "leverage", 1.0, LEVERAGE) == 20.0
        assert asked(bot, "custom_stake_amount", 500.0, STAKE) == 8000.0
        assert asked(bot, "confirm_trade_entry", True, CONFIRM) is True
        session.supervisor.hold(HALT, NOON)
        assert asked(bot, "custom_stake_amount", 500.0, STAKE) == 8000.0
        assert asked(bot, "confirm_trade_entry", True, CONFIRM) is True
        trade = trade_of()
        assert bot.strategy.should_exit(trade, 100.0, NOON, enter=False, exit_=False) == []
        acts = session.acts_of([], NOON - HOUR, NOON)
    assert {(one.rule, one.kind, one.count) for one in acts.denials} >= {
        ("leverage", "leverage", 1),
        ("drawdown", "entry", 1),
    }
    assert acts.guards == "observe"


@pytest.mark.parametrize(
    ("name", "default", "arguments"),
    [
        ("leverage", 1.0, LEVERAGE),
        ("custom_stake_amount", 500.0, STAKE),
        ("confirm_trade_entry", True, CONFIRM),
    ],
)
def test_observing_guards_take_an_error_as_freqtrade_would(
    tmp_path: Path, name: str, default: Any, arguments: dict[str, Any]
) -> None:
    with backtested(tmp_path, answering(**{name: RAISES}), **observing()) as bot:
        known(bot)
        if name == "confirm_trade_entry":
            asked(bot, "custom_stake_amount", 500.0, STAKE)
        assert asked(bot, name, default, arguments) == default


# While they enforce


def test_a_stake_is_cut_to_the_risk_that_freqtrades_own_stop_leaves(tmp_path: Path) -> None:
    with backtested(tmp_path, answering(custom_stake_amount="return 8000.0")) as bot:
        known(bot)
        stake = asked(bot, "custom_stake_amount", 500.0, STAKE)
    # 1 % of 10,000 USD over a stop of 10 % and the fees of both fills.
    assert 950 < stake < 1000


def test_leverage_is_bounded(tmp_path: Path) -> None:
    with backtested(tmp_path, answering(leverage="return 20.0")) as bot:
        known(bot)
        assert asked(bot, "leverage", 1.0, LEVERAGE) == 3.0


@pytest.mark.parametrize(
    ("name", "default", "arguments", "denied"),
    [
        ("leverage", 1.0, LEVERAGE, 1.0),
        ("custom_stake_amount", 500.0, STAKE, 0.0),
        ("confirm_trade_entry", True, CONFIRM, False),
    ],
)
def test_an_error_of_the_strategy_denies_new_risk(
    tmp_path: Path, name: str, default: Any, arguments: dict[str, Any], denied: Any
) -> None:
    with backtested(tmp_path, answering(**{name: RAISES})) as bot:
        known(bot)
        if name == "confirm_trade_entry":
            asked(bot, "custom_stake_amount", 500.0, STAKE)
        assert asked(bot, name, default, arguments) == denied


def test_a_denied_entry_is_not_asked_about_and_an_allowed_one_is_the_strategys_to_refuse(
    tmp_path: Path,
) -> None:
    source = answering(confirm_trade_entry="type(self).asked += 1; return False")
    with backtested(tmp_path, source) as bot:
        session, kind = known(bot), type(bot.strategy)
        asked(bot, "custom_stake_amount", 500.0, STAKE)
        assert asked(bot, "confirm_trade_entry", True, CONFIRM) is False
        assert kind.asked == 1
        session.supervisor.hold(HALT, NOON)
        assert asked(bot, "custom_stake_amount", 500.0, STAKE) == 0.0
        assert asked(bot, "confirm_trade_entry", True, CONFIRM) is False
        assert kind.asked == 1


def test_an_order_larger_than_the_stake_that_was_allowed_is_denied(tmp_path: Path) -> None:
    with backtested(tmp_path) as bot:
        known(bot)
        assert asked(bot, "custom_stake_amount", 500.0, STAKE) == 500.0
        assert asked(bot, "confirm_trade_entry", True, {**CONFIRM, "amount": 90.0}) is False


def test_an_order_whose_stake_nobody_asked_about_is_denied(tmp_path: Path) -> None:
    with backtested(tmp_path) as bot:
        known(bot)
        assert asked(bot, "confirm_trade_entry", True, CONFIRM) is False


@pytest.mark.parametrize("guards", ["enforce", "observe"])
def test_an_entry_that_rests_may_be_sent_anew_at_another_price(tmp_path: Path, guards: str) -> None:
    with backtested(tmp_path, plimsoll={"guards": guards}) as bot:
        session = known(bot)
        trade_of(amount=0.0, stake_amount=500.0, amount_requested=5.0)
        assert asked(bot, "confirm_trade_entry", True, {**CONFIRM, "rate": 99.9}) is True
        session.supervisor.hold(HALT, NOON)
        sent = asked(bot, "confirm_trade_entry", True, {**CONFIRM, "rate": 99.9})
        assert sent is (guards == "observe")


# Additions


@pytest.mark.parametrize(("wanted", "left"), [(300.0, 300.0), (9000.0, None), (-50.0, -50.0)])
def test_an_addition_is_bounded_and_keeps_its_tag(
    tmp_path: Path, wanted: float, left: float | None
) -> None:
    source = answering(adjust_trade_position=f'return {wanted}, "more"')
    with backtested(tmp_path, source) as bot:
        known(bot)
        trade = trade_of(amount=1.0, stake_amount=100.0, stop_loss=90.0)
        stake, tag = bot.strategy._adjust_trade_position_internal(trade=trade, **ADJUST)
    assert tag == "more"
    if left is not None:
        assert stake == left
    else:
        assert stake is not None
        assert 0 < stake < 1000


def test_an_addition_is_refused_while_halted_and_an_observed_one_is_not(tmp_path: Path) -> None:
    source = answering(adjust_trade_position='return 300.0, "more"')
    for settings, expected in ((observing(), 300.0), ({}, None)):
        with backtested(tmp_path, source, **settings) as bot:
            known(bot).supervisor.hold(HALT, NOON)
            trade = trade_of(amount=1.0, stake_amount=100.0, stop_loss=90.0)
            found = bot.strategy._adjust_trade_position_internal(trade=trade, **ADJUST)
        assert found == (expected, "more")


def test_an_addition_that_raises_is_none_on_record_and_told(tmp_path: Path, clock: Any) -> None:
    with traded(tmp_path, answering(adjust_trade_position=RAISES)) as bot:
        trade = open_trade(NOON - HOUR)
        loops(bot, clock)
        answer = bot.strategy._adjust_trade_position_internal(trade=trade, **ADJUST)
        told = list(guard_of(bot.strategy).session.messenger.recent)
    assert answer == (None, "")
    assert [one["where"] for one in written(tmp_path, "error")] == ["adjustment"]
    assert any("Adjustment failed" in text for text in told)


# Exits


def test_a_backtest_closes_by_an_exit_of_ours_before_the_strategys_own(tmp_path: Path) -> None:
    source = answering(custom_exit='return "mine"')
    with backtested(tmp_path, source) as bot:
        session = known(bot)
        trade = trade_of()
        close = {"enter": False, "exit_": False, "low": 99.0, "high": 101.0}
        [own] = bot.strategy.should_exit(trade, 100.0, NOON, **close)
        assert own.exit_reason == "mine"
        session.supervisor.hold(HALT, NOON)
        bot.loop(NOON + timedelta(minutes=5))
        exits = bot.strategy.should_exit(trade, 100.0, NOON, **close)
        assert [one.exit_reason for one in exits] == ["plimsoll_drawdown", "mine"]
        assert exits[0].exit_type == ExitType.EMERGENCY_EXIT


def test_a_running_bot_closes_at_market_whatever_the_strategys_order_types(
    tmp_path: Path, clock: Any
) -> None:
    source = answering(custom_exit=RAISES, confirm_trade_exit="return False")
    with traded(tmp_path, source) as bot:
        trade = open_trade(NOON - HOUR)
        loops(bot, clock)
        strategy, session = bot.strategy, guard_of(bot.strategy).session
        assert strategy.order_types["emergency_exit"] == "limit"
        session.looks_after.hold(HALT, NOON)
        [exit_] = strategy.should_exit(trade, 100.0, NOON, enter=False, exit_=False)
        assert (exit_.exit_type, exit_.exit_reason) == (
            ExitType.EMERGENCY_EXIT,
            "plimsoll_drawdown",
        )
        assert strategy.order_types["emergency_exit"] == "market"
        assert strategy.order_time_in_force["exit"] == "GTC"
        leaving = {
            "pair": BTC,
            "trade": trade,
            "order_type": "market",
            "amount": 10.0,
            "rate": 100.0,
            "time_in_force": "GTC",
            "current_time": NOON,
        }
        assert strategy.confirm_trade_exit(exit_reason=exit_.exit_reason, **leaving) is True
        assert type(strategy).order_types["emergency_exit"] == "limit"
    overruled = [one for one in written(tmp_path, "error") if "refused" in one["message"]]
    assert overruled


@pytest.mark.parametrize(("reason", "agreed"), [("exit_signal", False), ("stop_loss", True)])
def test_the_strategy_may_refuse_its_own_exit_and_not_a_stop(
    tmp_path: Path, reason: str, agreed: bool
) -> None:
    with backtested(tmp_path, answering(confirm_trade_exit="return False")) as bot:
        known(bot)
        leaving = {
            "pair": BTC,
            "trade": trade_of(),
            "order_type": "limit",
            "amount": 10.0,
            "rate": 100.0,
            "time_in_force": "GTC",
            "exit_reason": reason,
            "current_time": NOON,
        }
        assert asked(bot, "confirm_trade_exit", True, leaving) is agreed


def test_what_rests_is_cancelled_when_its_pair_is_to_be_flat(tmp_path: Path, clock: Any) -> None:
    with traded(tmp_path) as bot:
        trade = open_trade(NOON - HOUR)
        loops(bot, clock)
        resting = Order(ft_order_side=trade.exit_side, order_type="limit", status="open")
        resting.order_date = NOON
        assert bot.strategy.ft_check_timed_out(trade, resting, NOON) is False
        guard_of(bot.strategy).session.looks_after.hold(HALT, NOON)
        assert bot.strategy.ft_check_timed_out(trade, resting, NOON) is True
        resting.order_type = "market"
        assert bot.strategy.ft_check_timed_out(trade, resting, NOON) is False


def test_nothing_is_closed_or_locked_while_a_bot_observes(tmp_path: Path, clock: Any) -> None:
    with traded(tmp_path, **observing()) as bot:
        trade = open_trade(NOON - HOUR)
        loops(bot, clock)
        session = guard_of(bot.strategy).session
        session.looks_after.hold(HALT, NOON)
        loops(bot, clock)
        assert bot.strategy.should_exit(trade, 100.0, NOON, enter=False, exit_=False) == []
        told = list(session.messenger.recent)
        assert len(Trade.get_open_trades()) == 1
    [halt] = list(written(tmp_path, "halt"))
    assert halt["observed"] is True
    assert any("Observed only" in text for text in told)
    with traded(tmp_path) as bot:  # guards that enforce find nothing to take over
        assert not guard_of(bot.strategy).session.looks_after.held


def test_a_halt_by_hand_closes_everything_though_the_guards_only_observe(
    tmp_path: Path, clock: Any
) -> None:
    with traded(tmp_path, **observing()) as bot:
        trade = open_trade(NOON - HOUR)
        loops(bot, clock)
        session = guard_of(bot.strategy).session
        session.looks_after.hold(HALT, NOON)
        session._folder.set_halt("enough")
        loops(bot, clock)
        [closing] = bot.strategy.should_exit(trade, 100.0, NOON, enter=False, exit_=False)
        assert closing.exit_type is ExitType.EMERGENCY_EXIT
        assert closing.exit_reason == "plimsoll_manual_halt"
        assert bot.strategy.order_types["exit"] == "market"
        assert asked(bot, "custom_stake_amount", 500.0, STAKE) == 0.0
        assert any("enough" in text for text in session.messenger.recent)
        session._folder.clear_halt()
        session._folder.ask_to_resume("seen", "a person")
        loops(bot, clock)
        assert bot.strategy.should_exit(trade, 100.0, NOON, enter=False, exit_=False) == []
        assert asked(bot, "custom_stake_amount", 500.0, STAKE) == 500.0
    acts = acts_of(written(tmp_path, "halt"))["acts"]
    assert [(one["rule"], one["observed"]) for one in acts if one["event"] == "halted"] == [
        ("drawdown", True),
        ("manual_halt", False),
    ]


def test_what_a_bot_is_worth_is_followed_after_a_halt_that_was_only_observed(
    tmp_path: Path, clock: Any
) -> None:
    with traded(tmp_path, **observing()) as bot:
        open_trade(NOON - HOUR)
        loops(bot, clock)
        session = guard_of(bot.strategy).session
        session.looks_after.hold(HALT, NOON)
        before = session.looks_after.account.facts()["equity_usd"]
        bot.price(BTC, 90.0)
        loops(bot, clock)
        after = session.looks_after.account.facts()["equity_usd"]
    assert before - after == pytest.approx(100.0, rel=0.01)


# Settings and threads


def test_a_manual_addition_is_refused_in_the_threads_of_telegram_and_rest(
    tmp_path: Path, clock: Any
) -> None:
    with traded(tmp_path) as bot:
        loops(bot, clock)
        assert bot.strategy.position_adjustment_enable is True
        assert asked_elsewhere(bot) is False


def test_a_manual_addition_is_refused_there_while_the_bot_still_starts(tmp_path: Path) -> None:
    with traded(tmp_path) as bot:
        guard_of(bot.strategy).session = None  # REST answers before the guards have begun
        assert bot.strategy.position_adjustment_enable is True
        assert asked_elsewhere(bot) is False


def asked_elsewhere(bot: Bot) -> bool:
    """Whether Freqtrade would add by hand, in a thread that is not the loop's."""
    answers: list[bool] = []
    ask = lambda: answers.append(bot.strategy.position_adjustment_enable)  # noqa: E731
    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    return answers[0]


def test_the_strategys_own_loop_runs_after_the_guards_and_an_error_of_it_is_told(
    tmp_path: Path, clock: Any
) -> None:
    with traded(tmp_path, answering(bot_loop_start=RAISES)) as bot:
        loops(bot, clock)
        told = list(guard_of(bot.strategy).session.messenger.recent)
    assert any("bot_loop_start" in text for text in told)


def test_a_trade_that_the_strategy_changes_is_a_copy_as_with_freqtrade_alone(
    tmp_path: Path,
) -> None:
    source = answering(order_filled='asked["trade"].stop_loss = 1.0')
    with backtested(tmp_path, source) as bot:
        known(bot)
        trade = trade_of(stop_loss=90.0)
        filled = {"pair": BTC, "trade": trade, "order": Order(), "current_time": NOON}
        strategy_safe_wrapper(bot.strategy.order_filled, supress_error=True)(**filled)
        assert trade.stop_loss == 90.0


def test_a_callback_that_user_code_calls_without_names_is_understood(tmp_path: Path) -> None:
    with backtested(tmp_path, FOREIGN) as bot:
        known(bot)
        given = (BTC, NOON, 100.0, 1.0, 50.0, None, "long")
        assert bot.strategy.leverage(*given) == 1.0
