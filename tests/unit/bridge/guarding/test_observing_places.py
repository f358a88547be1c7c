"""What is held stays with the guards that hold it: one bot that enforces, observes, enforces."""

import shutil
from pathlib import Path
from typing import Any

from freqtrade.persistence import PairLocks

from plimsoll.bridge.state.folder import StateFolder
from plimsoll.bridge.wrapping.install import guard_of
from plimsoll.core import Mode, Verdict
from plimsoll.risk.guards.terminal_drawdown import RULE as TERMINAL
from tests.unit.bridge.bots import NOON, Bot, open_trade
from tests.unit.bridge.guarding.test_live_session import HOUR, clock, loops, written
from tests.unit.bridge.wrapping.foreign import FOREIGN, observing, traded

__all__ = ["clock"]

HALT = Verdict(Mode.HALTED, "drawdown", "too deep")
OTHER = Verdict(Mode.HALTED, "daily_loss", "too much in a day")


def supervisor(bot: Bot) -> Any:
    """What looks after the account."""
    return guard_of(bot.strategy).session.looks_after


def ask_to_resume(folder: Path) -> None:
    """Leave a person's request."""
    StateFolder(folder / "plimsoll").ask_to_resume("looked at it", "a person")


def test_what_is_held_waits_while_guards_observe(tmp_path: Path, clock: Any) -> None:
    with traded(tmp_path) as bot:
        loops(bot, clock)
        supervisor(bot).hold(HALT, NOON)
    with traded(tmp_path, **observing()) as bot:
        loops(bot, clock, 2)
        supervisor(bot).hold(OTHER, NOON)
        loops(bot, clock)
    with traded(tmp_path) as bot:
        loops(bot, clock)
        assert set(supervisor(bot).held) == {("drawdown", None)}


def test_a_re_arming_of_what_was_observed_ends_nothing_that_is_held(
    tmp_path: Path, clock: Any
) -> None:
    with traded(tmp_path) as bot:
        loops(bot, clock)
        supervisor(bot).hold(HALT, NOON)
    with traded(tmp_path, **observing()) as bot:
        loops(bot, clock)
        supervisor(bot).hold(HALT, NOON)
        ask_to_resume(tmp_path)
        loops(bot, clock)
        assert supervisor(bot).held == {}
        assert len(PairLocks.get_pair_locks(None)) == 1
    [rearmed] = written(tmp_path, "rearm")
    assert rearmed["observed"] is True
    with traded(tmp_path) as bot:
        assert set(supervisor(bot).held) == {("drawdown", None)}


def test_a_re_arming_that_does_not_take_place_locks_nothing(tmp_path: Path, clock: Any) -> None:
    with traded(tmp_path, **observing()) as bot:
        open_trade(NOON - HOUR)
        loops(bot, clock)
        supervisor(bot).hold(Verdict(Mode.HALTED, TERMINAL, "too deep"), NOON)
        ask_to_resume(tmp_path)
        loops(bot, clock)
        assert set(supervisor(bot).held) == {(TERMINAL, None)}
        assert PairLocks.get_all_locks() == []
    with traded(tmp_path) as bot:
        assert supervisor(bot).held == {}


def test_a_log_that_is_begun_again_has_what_is_held_and_not_what_was_observed(
    tmp_path: Path, clock: Any
) -> None:
    with traded(tmp_path) as bot:
        loops(bot, clock)
        supervisor(bot).hold(HALT, NOON)
    with traded(tmp_path, **observing()) as bot:
        loops(bot, clock)
        supervisor(bot).hold(OTHER, NOON)
        shutil.rmtree(tmp_path / "plimsoll")
        loops(bot, clock)
    with traded(tmp_path) as bot:
        held = set(supervisor(bot).held)
    assert ("drawdown", None) in held
    assert ("daily_loss", None) not in held


def test_what_is_held_holds_for_another_strategy_on_the_same_account(
    tmp_path: Path, clock: Any
) -> None:
    with traded(tmp_path) as bot:
        loops(bot, clock)
        supervisor(bot).hold(HALT, NOON)
    (tmp_path / "Other.py").write_text(FOREIGN.replace("class Plain", "class Other"))
    with traded(tmp_path, FOREIGN.replace("class Plain", "class Other"), strategy="Other") as bot:
        assert set(supervisor(bot).held) == {("drawdown", None)}
