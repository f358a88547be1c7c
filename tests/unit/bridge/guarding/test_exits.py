"""No setting and no exit signal keeps a stop or a guard from closing a position."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from freqtrade.enums import ExitCheckTuple, ExitType, RunMode
from freqtrade.persistence import LocalTrade

from plimsoll.bridge.state.folder import StateFolder
from tests.unit.bridge.bots import BTC, NOON, PLAIN, Bot, backtest, candles, open_trade, running_bot
from tests.unit.bridge.guarding.test_blind_spots import LIVE, stop_order
from tests.unit.bridge.guarding.test_live_session import clock, leave, loops, written
from tests.unit.bridge.trades import trade_fields

__all__ = ["clock"]

HOUR = timedelta(hours=1)
ON_EXCHANGE = {
    "entry": "market",
    "exit": "limit",
    "emergency_exit": "market",
    "stoploss": "market",
    "stoploss_on_exchange": True,
}
LEAVES = f"""{PLAIN}
    def exit_reason(self, trade, now, price, profit_fraction):
        return "mine"
"""
ONLY_IN_PROFIT: dict[str, Any] = {"exit_profit_only": True, "stoploss": -0.99}
SIGNAL = ExitType.EXIT_SIGNAL.value

Begin = Callable[..., AbstractContextManager[Bot]]


@pytest.fixture(params=[running_bot, backtest], ids=["bot", "backtest"])
def begin(request: pytest.FixtureRequest) -> Begin:
    return request.param


def reasons(bot: Bot, trade: LocalTrade, price: float, *, signal: bool = True) -> list[str]:
    """What Freqtrade would close the trade for, most urgent first."""
    now = datetime.now(UTC)
    found = bot.strategy.should_exit(trade, price, now, enter=False, exit_=signal)
    return [str(one.exit_reason) for one in found]


def at_100() -> LocalTrade:
    return LocalTrade(**trade_fields(NOON - HOUR, trading_mode="futures"))


# An exit signal that stands


@pytest.mark.parametrize("profit_only", [True, False])
@pytest.mark.parametrize(("short", "price"), [(False, 97.0), (True, 99.0)])
def test_an_exit_signal_does_not_hide_a_missed_stop(
    tmp_path: Path,
    clock: Any,
    profit_only: bool,
    short: bool,
    price: float,
) -> None:
    """With exit_profit_only nothing was done, without it a limit exit was sent that can rest."""
    others = {"order_types": ON_EXCHANGE, "exit_profit_only": profit_only, **LIVE}
    with running_bot(tmp_path, runmode=RunMode.LIVE, **others) as bot:
        trade = open_trade(
            NOON, is_short=short, stop_loss=98.0, initial_stop_loss=98.0, open_rate=98.0
        )
        loops(bot, clock)
        assert reasons(bot, trade, price) == ["plimsoll_stop_missed"]
        assert bot.strategy.order_types["exit"] == "market"
        trade.orders.append(stop_order(trade))
        loops(bot, clock)
        assert reasons(bot, trade, price) == ([] if profit_only else [SIGNAL])


def test_a_guard_closes_at_a_loss_that_exit_profit_only_would_keep(
    tmp_path: Path, clock: Any
) -> None:
    with running_bot(tmp_path, **ONLY_IN_PROFIT) as bot:
        trade = open_trade(NOON - HOUR)
        loops(bot, clock)
        assert reasons(bot, trade, 90.0) == []
        (tmp_path / "plimsoll/halt").touch()
        loops(bot, clock)
        assert reasons(bot, trade, 90.0) == ["plimsoll_manual_halt"]
        assert bot.strategy.exit_profit_only is True


def test_so_it_does_in_a_backtest(tmp_path: Path, clock: Any) -> None:
    with backtest(tmp_path, **ONLY_IN_PROFIT) as bot:
        trade = LocalTrade(
            **trade_fields(NOON - HOUR, pair=BTC, trading_mode="futures", amount=50.0),
            realized_profit=0.0,
        )
        LocalTrade.add_bt_trade(trade)
        bot.strategy._session.learn(BTC, candles([100.0] * 20 + [80.0] * 10))
        bot.loop(NOON - HOUR)
        assert reasons(bot, trade, 80.0) == []
        bot.loop(NOON)
        assert reasons(bot, trade, 80.0) == ["plimsoll_daily_loss"]


def test_without_exit_profit_only_all_is_as_in_freqtrade(
    tmp_path: Path, clock: Any, begin: Begin
) -> None:
    with begin(tmp_path, LEAVES) as bot:
        trade = at_100()
        assert reasons(bot, trade, 99.0) == [SIGNAL]
        assert reasons(bot, trade, 99.0, signal=False) == ["mine"]


def test_a_running_bot_closes_before_anything_of_the_strategy_is_asked(
    tmp_path: Path, clock: Any
) -> None:
    """An emergency exit has an order type of its own, set at that moment, and asks for no price."""
    raises = (
        PLAIN
        + """
    def exit_reason(self, trade, now, price, profit_fraction):
        raise AssertionError("it was asked")

    custom_exit_price = custom_roi = exit_reason
"""
    )
    with running_bot(tmp_path, raises, **ONLY_IN_PROFIT) as bot:
        trade = open_trade(NOON - HOUR)
        loops(bot, clock)
        (tmp_path / "plimsoll/halt").touch()
        loops(bot, clock)
        bot.strategy.use_exit_signal = False
        bot.strategy.order_types = {"exit": "limit", "emergency_exit": "limit"}
        bot.strategy.order_time_in_force = {"exit": "PO"}
        now = datetime.now(UTC)
        (only,) = bot.strategy.should_exit(trade, 90.0, now, enter=True, exit_=True)
        assert only == ExitCheckTuple(ExitType.EMERGENCY_EXIT, "plimsoll_manual_halt")
        assert bot.strategy.order_types["emergency_exit"] == "market"
        assert bot.strategy.order_time_in_force["exit"] == "GTC"


def test_what_the_strategy_raises_in_its_exits_is_recorded_and_ends_no_bot(
    tmp_path: Path, clock: Any
) -> None:
    """Freqtrade calls should_exit unwrapped: a fault in it would end the process."""
    with running_bot(tmp_path) as bot:
        trade = open_trade(NOON - HOUR)
        loops(bot, clock)
        bot.strategy.minimal_roi = None
        assert reasons(bot, trade, 100.0) == []
    (error,) = written(tmp_path, "error")
    assert (error["where"], "TypeError" in error["message"]) == ("exits", True)


# A second start


def test_with_exit_signals_off_a_strategys_own_exits_are_not_asked_for(
    tmp_path: Path, clock: Any, begin: Begin
) -> None:
    with begin(tmp_path, LEAVES, use_exit_signal=False, **ONLY_IN_PROFIT) as bot:
        assert reasons(bot, at_100(), 200.0) == []


def test_a_second_start_during_a_halt_does_not_keep_market_exits(
    tmp_path: Path, clock: Any
) -> None:
    resting = {**ON_EXCHANGE, "stoploss_on_exchange": False}
    with running_bot(tmp_path, order_types=resting) as bot:
        trade = open_trade(NOON - HOUR)
        (tmp_path / "plimsoll/halt").touch()
        loops(bot, clock)
        bot.strategy.ft_bot_start()
        loops(bot, clock)
        assert reasons(bot, trade, 100.0) == ["plimsoll_manual_halt"]
        assert bot.strategy.order_types["exit"] == "market"
        (tmp_path / "plimsoll/halt").unlink()
        StateFolder(tmp_path / "plimsoll").ask_to_resume("seen", "anna")
        loops(bot, clock)
        assert reasons(bot, trade, 100.0, signal=False) == []
        assert bot.strategy.order_types["exit"] == "limit"


# A veto of the strategy

CLINGS = f"""{PLAIN}
    def veto_exit(self, trade, reason, now):
        return True
"""
NOT_ITS_OWN = [
    ExitType.STOP_LOSS,
    ExitType.TRAILING_STOP_LOSS,
    ExitType.STOPLOSS_ON_EXCHANGE,
    ExitType.LIQUIDATION,
    ExitType.FORCE_EXIT,
    ExitType.EMERGENCY_EXIT,
]
ITS_OWN = [ExitType.ROI, ExitType.EXIT_SIGNAL, ExitType.CUSTOM_EXIT]


@pytest.mark.parametrize(
    "reason", [*(kind.value for kind in NOT_ITS_OWN), "plimsoll_drawdown", "plimsoll_stop_missed"]
)
def test_a_veto_does_not_hold_against_a_stop_a_person_or_a_guard(
    tmp_path: Path, clock: Any, begin: Begin, reason: str
) -> None:
    """A strategy could keep a position past the stop that its stake was sized by."""
    with begin(tmp_path, CLINGS) as bot:
        assert leave(bot, at_100(), reason)
        bot.loop(datetime.now(UTC))
        assert leave(bot, at_100(), reason)


@pytest.mark.parametrize("reason", [*(kind.value for kind in ITS_OWN), "an idea"])
def test_a_veto_holds_against_the_strategys_own_exits(
    tmp_path: Path, clock: Any, begin: Begin, reason: str
) -> None:
    with begin(tmp_path, CLINGS) as bot:
        assert not leave(bot, at_100(), reason)
        bot.loop(datetime.now(UTC))
        assert not leave(bot, at_100(), reason)


def test_a_veto_that_did_not_hold_is_on_record_beside_the_order(tmp_path: Path, clock: Any) -> None:
    with running_bot(tmp_path, CLINGS) as bot:
        trade = open_trade(NOON - HOUR)
        loops(bot, clock)
        assert leave(bot, trade, "stop_loss")
        assert not leave(bot, trade, "roi")
        (tmp_path / "plimsoll/halt").touch()
        loops(bot, clock)
        assert leave(bot, trade, "roi"), "while a guard wants the pair flat"
    refused = [(one["pair"], one["message"]) for one in written(tmp_path, "error")]
    assert refused == [
        (BTC, f"the strategy refused the exit {reason}, which is not its to refuse")
        for reason in ("stop_loss", "roi")
    ]
    assert [one["tag"] for one in written(tmp_path, "order")] == ["stop_loss", "roi"]


def test_a_stop_that_the_strategy_does_not_refuse_leaves_no_such_record(
    tmp_path: Path, clock: Any
) -> None:
    with running_bot(tmp_path) as bot:
        trade = open_trade(NOON - HOUR)
        loops(bot, clock)
        assert leave(bot, trade, "stop_loss")
    assert written(tmp_path, "error") == []
