"""Hooks of a running bot are looked at in each loop: what was replaced is mended, and halts."""

from pathlib import Path
from typing import Any

import pytest
from freqtrade.persistence import Trade

from plimsoll.bridge.wrapping.hooks import Hook
from plimsoll.bridge.wrapping.install import guard_of
from plimsoll.bridge.wrapping.watch import (
    HOOKED,
    HOOKED_OF_BOT,
    OF_SESSION,
    OF_STRATEGY,
    OF_SUPERVISOR,
)
from plimsoll.core import Mode
from tests.unit.bridge.bots import NOON, Bot, open_trade
from tests.unit.bridge.guarding.test_live_session import HOUR, clock, loops, written
from tests.unit.bridge.wrapping.foreign import FOREIGN, traded

__all__ = ["clock"]


def broken(bot: Bot) -> list[str]:
    """What a look finds; afterwards all is held again."""
    watch = guard_of(bot.strategy)._watch
    names = watch.mend()
    assert watch.mend() == []
    return names


def test_a_strategy_that_is_left_alone_is_whole(tmp_path: Path, clock: Any) -> None:
    with traded(tmp_path) as bot:
        assert broken(bot) == []
        loops(bot, clock, 2)
        bot.strategy.leverage = lambda **_: 2.0  # its own answer, and no harm
        assert broken(bot) == []
    assert written(tmp_path, "error") == []


@pytest.mark.parametrize("name", [*HOOKED, *HOOKED_OF_BOT])
def test_every_callback_that_the_class_takes_back_is_seen_and_mended(
    tmp_path: Path, clock: Any, name: str
) -> None:
    with traded(tmp_path) as bot:
        kind = type(bot.strategy)
        setattr(kind, name, lambda *_, **__: None)
        assert broken(bot) == [name]
        assert isinstance(vars(kind)[name], Hook)


def test_the_guards_are_held_by_whom_they_were(tmp_path: Path, clock: Any) -> None:
    with traded(tmp_path) as bot:
        strategy, guard = bot.strategy, guard_of(bot.strategy)
        session = guard.session
        supervisor = session.looks_after
        held = ((strategy, OF_STRATEGY), (session, OF_SESSION), (supervisor, OF_SUPERVISOR))
        for owner, names in held:
            for name in names:
                before, vars(owner)[name] = vars(owner)[name], object()
                assert guard._watch.mend() == [name]
                assert vars(owner)[name] is before


def test_an_attribute_lookup_of_its_own_is_taken_back(tmp_path: Path, clock: Any) -> None:
    with traded(tmp_path) as bot:
        kind = type(bot.strategy)
        kind.__getattribute__ = lambda self, name: object.__getattribute__(self, name)
        assert broken(bot) == ["__getattribute__"]
        assert "__getattribute__" not in vars(kind)


def test_what_was_replaced_halts_the_bot_and_is_told(tmp_path: Path, clock: Any) -> None:
    hostile = FOREIGN + (
        "    def bot_loop_start(self, current_time, **kwargs):\n"
        "        type(self).should_exit = lambda *asked, **others: []\n"
        "        type(self).confirm_trade_exit = lambda *asked, **others: False\n"
    )
    with traded(tmp_path, hostile) as bot:
        open_trade(NOON - HOUR)
        loops(bot, clock, 2)
        held = guard_of(bot.strategy).session.looks_after.held
        assert held["seal", None].mode is Mode.HALTED
        [trade] = Trade.get_open_trades()
        [exit_] = bot.strategy.should_exit(trade, 100.0, NOON, enter=False, exit_=False)
        assert exit_.exit_reason == "plimsoll_seal"
        told = guard_of(bot.strategy).session.messenger.recent
        assert any("Seal of the strategy" in text for text in told)
    replaced = [one for one in written(tmp_path, "error") if one["where"] == "seal"]
    assert "should_exit, confirm_trade_exit" in replaced[0]["message"]


DISARMS = {
    "the session of the guard": "self._plimsoll_guard.session = None",
    "what the guard passes by": "self._plimsoll_guard.passed_by = "
    "frozenset(self._plimsoll_guard._hooks)",
    "whose guard it is": "self._plimsoll_guard.strategy = None",
    "its hooks": "self._plimsoll_guard._hooks = {}",
    "its watch": "self._plimsoll_guard._watch = None; type(self).should_exit = None",
    "the guard of a hook": "vars(type(self))['should_exit'].guard = type(self)",
}


@pytest.mark.parametrize("where", ["bot_loop_start", "analyze", "custom_exit"])
@pytest.mark.parametrize("line", DISARMS.values(), ids=DISARMS)
def test_a_guard_that_is_disarmed_from_inside_is_whole_again_after_the_strategys_own_code(
    tmp_path: Path, clock: Any, line: str, where: str
) -> None:
    source = f"{FOREIGN}\n    def {where}(self, *given, **asked):\n        {line}\n"
    with traded(tmp_path, source) as bot:
        trade = open_trade(NOON - HOUR)
        loops(bot, clock)
        guard = guard_of(bot.strategy)
        watch = guard._watch
        bot.strategy.analyze([])
        bot.strategy.should_exit(trade, 100.0, NOON, enter=False, exit_=False)
        assert watch.mend() == []
        assert guard.session.looks_after.held["seal", None].mode is Mode.HALTED
        [exit_] = bot.strategy.should_exit(trade, 100.0, NOON, enter=False, exit_=False)
        assert exit_.exit_reason == "plimsoll_seal"
