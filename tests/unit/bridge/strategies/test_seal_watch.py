"""What the guards of a running strategy rest on is looked at in each loop, and mended.

`tests/integration/test_hostile_hooks.py` breaks it in Freqtrade's own bot, on a venue.
"""

from pathlib import Path
from typing import Any

import pytest
from freqtrade.exceptions import OperationalException

from plimsoll.bridge.strategies.guarded import GuardedStrategy
from plimsoll.bridge.strategies.seal import ALSO_SEALED, PARTS, SEALED
from plimsoll.bridge.strategies.seal_watch import (
    CALLBACKS,
    OF_SESSION,
    OF_STRATEGY,
    OF_SUPERVISOR,
    SealWatch,
)
from plimsoll.core import Mode
from tests.unit.bridge.bots import NOON, PLAIN, Bot, backtest, running_bot
from tests.unit.bridge.guarding.test_live_session import clock, exits, loops, written

__all__ = ["clock"]


def broken(bot: Bot, watch: SealWatch | None = None) -> list[str]:
    """What a look at the seal finds; afterwards it is whole."""
    watch = watch or bot.strategy._seal
    assert watch is not None
    found = watch.mend()
    assert watch.mend() == []
    return found


def test_a_strategy_that_is_left_alone_is_whole(tmp_path: Path, clock: Any) -> None:
    with running_bot(tmp_path) as bot:
        assert broken(bot) == []
        loops(bot, clock, 2)
        assert broken(bot) == []
    assert written(tmp_path, "error") == []


@pytest.mark.parametrize("name", CALLBACKS)
def test_every_callback_of_the_class_is_seen_and_mended(
    tmp_path: Path, clock: Any, name: str
) -> None:
    with running_bot(tmp_path) as bot:
        watch = bot.strategy._seal
        setattr(type(bot.strategy), name, lambda *arguments, **others: None)
        assert broken(bot, watch) == [name]
        assert getattr(type(bot.strategy), name) is getattr(GuardedStrategy, name)


@pytest.mark.parametrize("name", [*SEALED, *ALSO_SEALED])
def test_every_callback_of_the_object_is_refused_and_under_its_name_seen(
    tmp_path: Path, name: str
) -> None:
    with running_bot(tmp_path) as bot:
        with pytest.raises(OperationalException, match=f"sets {name} on itself"):
            setattr(bot.strategy, name, lambda **_: None)
        vars(bot.strategy)[name] = lambda **_: None
        assert broken(bot) == [name]


def test_a_callback_of_the_base_itself_is_put_back(tmp_path: Path) -> None:
    own = GuardedStrategy.custom_exit
    with running_bot(tmp_path) as bot:
        try:
            GuardedStrategy.custom_exit = lambda *_, **__: None
            assert broken(bot) == ["custom_exit"]
            assert GuardedStrategy.custom_exit is own
        finally:
            GuardedStrategy.custom_exit = own


@pytest.mark.parametrize(
    ("owner", "names"),
    [("strategy", OF_STRATEGY), ("session", OF_SESSION), ("supervisor", OF_SUPERVISOR)],
)
def test_everything_that_is_held_is_seen_and_put_back(
    tmp_path: Path, clock: Any, owner: str, names: tuple[str, ...]
) -> None:
    with running_bot(tmp_path) as bot:
        loops(bot, clock)
        session = bot.strategy._session
        holder = {
            "strategy": bot.strategy,
            "session": session,
            "supervisor": session.looks_after,
        }[owner]
        for name in names:
            before = vars(holder)[name]
            vars(holder)[name] = object()
            assert name in broken(bot)
            assert vars(holder)[name] is before


@pytest.mark.parametrize("name", [name for name in PARTS if name != "_loop_thread"])
def test_what_holds_the_guards_cannot_be_set(tmp_path: Path, name: str) -> None:
    with (
        running_bot(tmp_path) as bot,
        pytest.raises(OperationalException, match=f"sets {name} on itself"),
    ):
        setattr(bot.strategy, name, None)


def test_a_method_of_the_guards_that_is_hidden_comes_back(tmp_path: Path, clock: Any) -> None:
    with running_bot(tmp_path) as bot:
        loops(bot, clock)
        session = bot.strategy._session
        for guard, name in (
            (session, "loop"),
            (session.looks_after, "exit_reason"),
            (session.looks_after.account, "update"),
        ):
            setattr(guard, name, lambda *_, **__: None)
            assert broken(bot) == [name]


def test_the_supervisor_may_be_missing_before_the_first_loop_only(
    tmp_path: Path, clock: Any
) -> None:
    with running_bot(tmp_path) as bot:
        session = bot.strategy._session
        assert session.supervisor is None
        assert broken(bot) == []
        loops(bot, clock)
        session.supervisor = None
        assert exits(bot, clock) is None
        assert broken(bot) == ["supervisor"]
        assert session.supervisor is session.looks_after


def test_a_broken_seal_halts_at_once_and_over_a_restart(tmp_path: Path, clock: Any) -> None:
    with running_bot(tmp_path) as bot:
        loops(bot, clock)
        vars(bot.strategy)["should_exit"] = lambda *_, **__: []
        loops(bot, clock)
        assert exits(bot, clock) == "seal"
        assert "should_exit" not in vars(bot.strategy)
    with running_bot(tmp_path) as again:
        loops(again, clock)
        assert exits(again, clock) == "seal"
        assert again.strategy._session.supervisor.mode is Mode.HALTED
    (halt,) = written(tmp_path, "halt")
    assert halt["reason"] == "the strategy replaced should_exit at run time; it was put back"


def test_a_new_start_has_a_seal_of_its_own(tmp_path: Path, clock: Any) -> None:
    with running_bot(tmp_path) as bot:
        first = bot.strategy._seal
        bot.strategy.bot_start()
        assert bot.strategy._seal is not first
        loops(bot, clock)
        assert broken(bot) == []


def test_a_backtest_is_not_watched_but_may_not_begin_broken(tmp_path: Path) -> None:
    with backtest(tmp_path) as bot:
        assert bot.strategy._seal is None
        bot.loop(NOON)
    opens = f"{PLAIN}\n    def on_start(self):\n        vars(self)['custom_exit'] = print\n"
    with (
        pytest.raises(OperationalException, match="sets custom_exit on itself"),
        backtest(tmp_path, opens),
    ):
        pass
