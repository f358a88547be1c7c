"""Commands are those of the command line; what goes wrong is a line, and a halt comes first."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from plimsoll.control.bot import Bot, find_bot
from plimsoll.control.phone.acting import MOST_WAITING, Actor, Lane, done_in_words, reason_of
from plimsoll.control.phone.commands import Command, Verb
from plimsoll.core import PlimsollError
from plimsoll.journal.files import last
from plimsoll.journal.kind import Kind
from tests.unit.bridge.trades import database_trades


@pytest.fixture
def bot(userdir: Path, tmp_path: Path) -> Bot:
    with database_trades(tmp_path / "empty.sqlite"):
        pass
    return find_bot(userdir, [], f"sqlite:///{tmp_path}/empty.sqlite")


def do(bot: Bot, verb: Verb, words: str = "") -> tuple[bool, list[str]]:
    said: list[str] = []
    done, _ = done_in_words(Actor(lambda: bot), Command(verb, words), "anna", said.append, str)
    return done, said


def test_a_halt_raises_the_flag_with_who_and_why(bot: Bot) -> None:
    done, said = do(bot, Verb.HALT, "the price is wrong")
    assert done
    assert bot.folder.halt_reason() == "the price is wrong (anna, by phone)"
    assert said[-1] == "flat: no open position"
    assert reason_of(Command(Verb.HALT), "ben") == "no reason given (ben, by phone)"


def test_a_resume_of_a_dead_bot_is_on_record_with_who(userdir: Path, database: Path) -> None:
    held = find_bot(userdir, [], f"sqlite:///{database}")
    actor = Actor(lambda: held)
    before = datetime.now(UTC) - timedelta(seconds=1)
    assert not actor.is_rearmed_since(before)
    assert any("HALTED drawdown" in one for one in actor.basis())
    done, said = do(held, Verb.RESUME, "looked at it")
    assert done, said
    rearm = last(held.folder.decisions, Kind.REARM)
    assert rearm is not None
    assert (rearm["by"], rearm["reason"]) == ("anna, by phone", "looked at it")
    assert actor.is_rearmed_since(before)
    assert not actor.is_rearmed_since(datetime.now(UTC) + timedelta(seconds=1))


@pytest.mark.parametrize(
    ("verb", "said"),
    [
        (Verb.STATUS, "not running"),
        (Verb.RISK, "limits     not known"),
        (Verb.AUDIT, "nothing to compare"),
        (Verb.HELP, "/halt REASON"),
        (Verb.WHY, "expected decisions at"),
    ],
)
def test_a_look_is_answered_in_the_words_of_the_command_line(
    verb: Verb, said: str, bot: Bot
) -> None:
    _, lines = do(bot, verb, "BTC")
    assert said in "\n".join(lines)


def test_what_cannot_be_found_or_fails_is_one_line_without_secrets(bot: Bot) -> None:
    found = [bot]

    def find() -> Bot:
        if found:
            return found.pop()
        raise PlimsollError("expected the bot's user folder, found none")

    actor = Actor(find)
    said: list[str] = []
    done, text = done_in_words(actor, Command(Verb.STATUS), "anna", said.append, str)
    assert (done, text) == (False, "expected the bot's user folder, found none")

    def broken() -> Bot:
        raise ValueError("the token hush")

    hide = lambda text: text.replace("hush", "***")  # noqa: E731
    actor._find = broken
    done, text = done_in_words(actor, Command(Verb.AUDIT), "anna", said.append, hide)
    assert (done, "ValueError" in text, "hush" in text) == (False, True, False)


def test_a_request_that_a_kill_left_is_withdrawn(bot: Bot) -> None:
    actor = Actor(lambda: bot)
    actor.withdraw_resume()
    bot.folder.ask_to_resume("of another day", "anna")
    actor.withdraw_resume()
    assert not bot.folder.resume_is_waiting


def test_a_lane_does_what_is_urgent_first_and_refuses_a_flood() -> None:
    lane, begun, go_on, done = Lane("test"), threading.Event(), threading.Event(), list[int]()

    def first() -> None:
        begun.set()
        go_on.wait(60)

    assert lane.take(first)
    assert begun.wait(60)
    for number in range(MOST_WAITING):
        assert lane.take(lambda number=number: done.append(number))
    assert not lane.take(lambda: done.append(-1))
    assert lane.take(lambda: done.append(99), urgent=True)
    assert not lane.rest(0.0)
    go_on.set()
    assert lane.rest(60)
    assert done == [99, *range(MOST_WAITING)]
