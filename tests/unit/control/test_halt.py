"""Halting and re-arming from outside: what is said, and when it counts as done.

The running bot is played by a thread that holds the decision log and writes a status a loop.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from plimsoll.bridge.state.folder import StateFolder
from plimsoll.control.bot import Bot, find_bot
from plimsoll.control.exchange import Account
from plimsoll.control.halt import NOT_CLOSED, halt, resume
from plimsoll.core import Mode, PlimsollError, Side, UsageError
from plimsoll.core.books import ExchangeBooks, ExchangePosition
from plimsoll.journal.log import DecisionLog
from tests.unit.bridge.trades import database_trades
from tests.unit.control.conftest import BTC, NOW

HELD = "plimsoll HALTED drawdown: fell 13 %"


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    with database_trades(tmp_path / "empty.sqlite"):
        pass
    return tmp_path / "empty.sqlite"


def bot_of(userdir: Path, database: Path, *files: Path) -> Bot:
    return find_bot(userdir, files, f"sqlite:///{database}")


@contextmanager
def looping(folder: StateFolder, loop: Callable[[StateFolder], dict]) -> Iterator[None]:
    """A guarded bot's traces: a loop each 20 ms, whose status is what ``loop`` makes."""
    ended = threading.Event()

    def run() -> None:
        while not ended.wait(0.02):
            folder.write_status(loop(folder))

    with DecisionLog(folder.decisions):
        folder.write_status(loop(folder))
        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


def obedient(folder: StateFolder) -> dict:
    """What a bot does: it halts under the flag, and takes a request to re-arm."""
    if folder.halt_reason() is not None:
        return {"mode": Mode.HALTED.name, "held": [HELD]}
    taken = folder.take_resume()
    before = folder.status() or {"mode": Mode.ACTIVE.name}
    if taken is not None or before["mode"] == Mode.ACTIVE.name:
        return {"mode": Mode.ACTIVE.name, "held": []}
    return before


def deaf(folder: StateFolder) -> dict:
    return {"mode": Mode.ACTIVE.name, "held": []}


def test_a_bot_that_halts_and_is_flat_is_done(userdir: Path, empty: Path) -> None:
    bot, told = bot_of(userdir, empty), []
    with looping(bot.folder, obedient):
        outcome = halt(bot, "storm", seconds=10, tell=told.append)
    assert outcome.done
    assert outcome.view.mode == Mode.HALTED.name
    assert told == [f"flag raised: {bot.folder.path / 'halt'}", f"HALTED: {HELD}", told[-1]]
    assert told[-1] == "flat: no open position"


def test_a_bot_that_halts_and_cannot_close_is_not_done(userdir: Path, database: Path) -> None:
    bot, told = bot_of(userdir, database), []
    with looping(bot.folder, obedient):
        outcome = halt(bot, "storm", seconds=2, tell=told.append)
    assert not outcome.done
    assert told[-2:] == [f"closing {BTC} long ...", f"still open: {BTC} long"]


def test_a_bot_that_does_not_halt_is_not_done_and_the_flag_stays_up(
    userdir: Path, empty: Path
) -> None:
    bot, told = bot_of(userdir, empty), []
    with looping(bot.folder, deaf):
        outcome = halt(bot, "storm", seconds=2, tell=told.append)
    assert not outcome.done
    assert told[-1] == "the bot did not say so within 2 s; its mode is ACTIVE"
    assert bot.folder.halt_reason() == "storm"


def test_a_bot_that_hangs_is_named(userdir: Path, empty: Path) -> None:
    bot, told = bot_of(userdir, empty), []
    with DecisionLog(bot.folder.decisions):
        bot.folder.write_status({"mode": Mode.HALTED.name, "held": [HELD]})
        time.sleep(0.05)
        outcome = halt(bot, "storm", seconds=0.5, tell=told.append)
    assert not outcome.done, "the halt of an earlier loop is not this one"
    assert "ended no loop within" in told[-1]


def test_a_stopped_bot_closes_nothing(
    userdir: Path, empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plimsoll.control.bot.rest_state", lambda _: "stopped")
    bot, told = bot_of(userdir, empty), []
    with looping(bot.folder, obedient):
        outcome = halt(bot, "storm", seconds=10, tell=told.append)
    assert not outcome.done
    assert told[-1] == NOT_CLOSED
    assert bot.folder.halt_reason() == "storm"


def test_a_bot_of_somebody_else_on_the_same_port_is_not_ours(
    userdir: Path, empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plimsoll.control.bot.rest_state", lambda _: "running")
    told: list[str] = []
    assert not halt(bot_of(userdir, empty), "storm", seconds=1, tell=told.append).done
    assert "it does not read the flag" in told[-1]


def test_a_running_bot_re_arms_itself(userdir: Path, empty: Path) -> None:
    bot, told = bot_of(userdir, empty), []
    bot.folder.set_halt("storm")
    with looping(bot.folder, obedient):
        outcome = resume(bot, "the storm is over", seconds=10, tell=told.append)
    assert outcome.done
    assert told == ["flag taken down", "asked the running bot to re-arm ...", "re-armed: ACTIVE"]
    assert bot.folder.halt_reason() is None


def test_a_re_armed_bot_that_still_takes_less_says_why(userdir: Path, empty: Path) -> None:
    def halved(folder: StateFolder) -> dict:
        status = obedient(folder)
        active = status["mode"] == Mode.ACTIVE.name
        return {**status, "mode": Mode.REDUCING.name, "why": "drawdown: 7 %"} if active else status

    bot, told = bot_of(userdir, empty), []
    bot.folder.set_halt("storm")
    with looping(bot.folder, halved):
        assert not resume(bot, "over", seconds=0.5, tell=told.append).view.held
    assert told[-1] == "re-armed: REDUCING, by drawdown: 7 %"


def test_a_bot_that_is_held_again_is_not_done(userdir: Path, empty: Path) -> None:
    def again(folder: StateFolder) -> dict:
        folder.take_resume()
        return {"mode": Mode.HALTED.name, "held": [HELD]}

    bot, told = bot_of(userdir, empty), []
    with looping(bot.folder, again):
        outcome = resume(bot, "the storm is over", seconds=10, tell=told.append)
    assert not outcome.done
    assert told[-1] == f"re-armed, and held again: {HELD}"


def test_a_request_that_nobody_takes_is_withdrawn(userdir: Path, empty: Path) -> None:
    bot, told = bot_of(userdir, empty), []
    with looping(bot.folder, lambda _: {"mode": Mode.HALTED.name, "held": [HELD]}):
        outcome = resume(bot, "the storm is over", seconds=0.5, tell=told.append)
    assert not outcome.done
    assert told[-1].startswith("not re-armed: ")
    assert not bot.folder.resume_is_waiting


def test_where_nothing_is_held_nothing_is_asked(userdir: Path, empty: Path) -> None:
    bot, told = bot_of(userdir, empty), []
    with looping(bot.folder, deaf):
        assert resume(bot, "just so", seconds=1, tell=told.append).done
    assert told == ["nothing is held, so there is nothing to re-arm"]
    assert not bot.folder.resume_is_waiting


def test_money_that_waits_for_a_person_is_accepted_though_nothing_is_held(
    userdir: Path, empty: Path
) -> None:
    money = {"kind": "money", "settling": False}
    waits = {"mode": Mode.REDUCING.name, "held": [], "breaks": [money]}

    def denies(folder: StateFolder) -> dict:
        taken = folder.take_resume()
        return deaf(folder) if taken or (folder.status() or waits) != waits else waits

    bot, told = bot_of(userdir, empty), []
    with looping(bot.folder, denies):
        assert resume(bot, "a fee", seconds=10, tell=told.append).done
    assert told == ["asked the running bot to re-arm ...", "re-armed: ACTIVE"]
    bot.folder.write_status(waits)
    assert resume(bot, "a fee", seconds=1, tell=told.append).done
    assert told[-1] == "no guarded bot is running: re-armed in the database (nothing held)"


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_no_reason_no_re_arming(userdir: Path, empty: Path, reason: str) -> None:
    bot = bot_of(userdir, empty)
    bot.folder.set_halt("storm")
    with pytest.raises(UsageError, match="expected --reason"):
        resume(bot, reason, seconds=1, tell=[].append)
    assert bot.folder.halt_reason() == "storm"


def test_a_halt_of_the_config_is_not_ended_here(userdir: Path, empty: Path) -> None:
    config = userdir / "halted.json"
    config.write_text('{"plimsoll": {"halt": true}}')
    bot = bot_of(userdir, empty, config)
    bot.folder.set_halt("storm")
    with pytest.raises(PlimsollError, match=r"plimsoll\.halt is true in the config"):
        resume(bot, "over", seconds=1, tell=[].append)
    assert bot.folder.halt_reason() == "storm"


FLAT = ExchangeBooks(as_of=NOW, margin_usd=None)
OPEN = replace(FLAT, positions=(ExchangePosition(pair=BTC, side=Side.LONG, amount=0.079),))


@pytest.mark.parametrize(
    ("reports", "done"),
    [
        ((FLAT, FLAT), True),
        ((FLAT, OPEN), False),
        ((OPEN, FLAT), False),
    ],
)
def test_one_flat_report_of_an_exchange_that_tells_no_margin_is_not_enough(
    userdir: Path,
    empty: Path,
    monkeypatch: pytest.MonkeyPatch,
    reports: tuple[ExchangeBooks, ...],
    done: bool,
) -> None:
    told, waiting = [], iter(reports)
    monkeypatch.setattr("plimsoll.control.halt.has_account", lambda _: True)
    monkeypatch.setattr("plimsoll.control.halt.read_account", lambda *_: Account(next(waiting)))
    monkeypatch.setattr("plimsoll.control.halt.LOOK_SECONDS", 0.0)
    outcome = halt(bot_of(userdir, empty), "storm", seconds=1, tell=told.append)
    assert outcome.done is done
    assert ("flat: no open position at the exchange" in told) is done
    assert (f"open at the exchange: {BTC} long 0.079" in told) is not done
