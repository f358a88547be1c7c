"""Guards that only observe say what they would do, and do nothing."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from freqtrade.persistence import LocalTrade, PairLocks

from plimsoll.bridge.guarding.observing import ObservingSupervisor
from plimsoll.core import Mode
from tests.unit.bridge.bots import BTC, NOON, backtest, candles
from tests.unit.bridge.guarding.test_backtest_session import AT_ONCE, HOUR, STEP
from tests.unit.bridge.trades import trade_fields


def observed(folder: Path, to: float) -> Any:
    """A backtest under observation, with half its money in a pair that falls to a price."""
    return backtest(folder, plimsoll={**AT_ONCE, "guards": "observe"})


def fall(bot: Any, to: float) -> ObservingSupervisor:
    trade = LocalTrade(
        **trade_fields(NOON - HOUR, pair=BTC, trading_mode="futures", amount=50.0),
        realized_profit=0.0,
    )
    LocalTrade.add_bt_trade(trade)
    session = bot.strategy._session
    session.learn(BTC, candles([100.0] * 29 + [to]))
    bot.loop(NOON - STEP)
    bot.loop(NOON)
    supervisor: ObservingSupervisor = session.supervisor
    return supervisor


def test_a_halt_stands_in_memory_closes_nothing_and_locks_nothing(tmp_path: Path) -> None:
    with observed(tmp_path, 70.0) as bot:
        supervisor = fall(bot, 70.0)
        session = bot.strategy._session
        assert isinstance(supervisor, ObservingSupervisor)
        assert supervisor.halted is not None
        assert (supervisor.mode, supervisor.halted.rule) == (Mode.HALTED, "drawdown")
        assert PairLocks.get_all_locks() == []
        assert session.exit_rule(BTC, NOON) is None
        assert not session.closes_something
        assert supervisor.account.has_positions


def test_a_flatten_ends_at_its_end_though_its_position_is_open(tmp_path: Path) -> None:
    with observed(tmp_path, 92.0) as bot:
        supervisor = fall(bot, 92.0)
        (verdict,) = supervisor.held.values()
        assert verdict.mode is Mode.FLATTEN
        session = bot.strategy._session
        after = verdict.until + timedelta(hours=1)
        session.learn(BTC, candles([92.0] * 200, end=after))
        bot.loop(after)
        assert supervisor.account.has_positions
        assert supervisor.held == {}


def test_what_would_be_halted_is_re_armed_from_its_worth_now(tmp_path: Path) -> None:
    with observed(tmp_path, 70.0) as bot:
        supervisor = fall(bot, 70.0)
        assert supervisor.resume(NOON + STEP, reason="a look", by="a person")
        assert supervisor.held == {}
        assert PairLocks.get_all_locks() == []


def test_a_backtest_says_that_it_would_have_halted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with observed(tmp_path, 70.0) as bot:
        fall(bot, 70.0)
    (line,) = [one.getMessage() for one in caplog.records if "halted" in one.getMessage()]
    assert line.startswith("Plain: plimsoll: would have halted the account (drawdown): ")


def test_what_would_have_acted_is_told_and_logged_as_such(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with observed(tmp_path, 70.0) as bot:
        supervisor = fall(bot, 70.0)
        verdict = supervisor.halted
        assert verdict is not None
        told = supervisor._said(supervisor._acted_text(verdict, NOON))
        assert told.startswith("⚠️ Observed only, nothing was done.")
        assert "/unlock" not in told
        assert supervisor._places.words(verdict).startswith("would have halted the account (")


def test_a_re_arming_that_is_refused_beyond_the_terminal_drawdown_locks_nothing(
    tmp_path: Path,
) -> None:
    with observed(tmp_path, 40.0) as bot:
        supervisor = fall(bot, 40.0)
        assert not supervisor.resume(NOON + STEP, reason="a look", by="a person")
        assert supervisor.halted is not None
        assert PairLocks.get_all_locks() == []
