"""The control bot's own course: what it does beside the commands. The rest is in the process tests
(``tests/integration/test_control_bot.py``)."""

import asyncio
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from plimsoll.control.bot import Bot, find_bot
from plimsoll.control.phone.acting import Actor
from plimsoll.control.phone.commands import Command, Verb
from plimsoll.control.phone.questions import Questions
from plimsoll.control.phone.record import CommandLog
from plimsoll.control.phone.service import ControlBot, _rules, question_words
from plimsoll.control.phone.settings import PhoneSettings
from plimsoll.lab.telegram.service import TelegramService
from tests.unit.bridge.trades import database_trades


@pytest.fixture
def bot(userdir: Path, tmp_path: Path) -> Bot:
    with database_trades(tmp_path / "empty.sqlite"):
        pass
    return find_bot(userdir, [], f"sqlite:///{tmp_path}/empty.sqlite")


def run(settings: PhoneSettings, bot: Bot, do: Callable[[], Any]) -> list[dict[str, Any]]:
    """Run a control bot while a person does something in another thread; return its records."""

    async def both() -> None:
        stop = asyncio.Event()
        with CommandLog(settings.folder, settings.hidden) as log:
            running = asyncio.create_task(ControlBot(settings, lambda: bot, log).run(stop))
            await asyncio.to_thread(do)
            stop.set()
            await running

    asyncio.run(both())
    from plimsoll.journal.reading import Reading

    return list(Reading().records(settings.folder / "journal"))


def test_a_question_that_nobody_answers_ends_and_is_said(
    telegram: TelegramService, settings: PhoneSettings, bot: Bot
) -> None:
    quick = settings.profile.model_copy(update={"question_seconds": 0.5})
    object.__setattr__(settings, "profile", quick)

    def do() -> None:
        telegram.send("/halt")
        telegram.wait_for("Not done: /halt: nobody answered within 0.5 s")

    records = run(settings, bot, do)
    assert bot.folder.halt_reason() is None
    events = [one.get("event") for one in records if one["kind"] == "command"]
    assert events == ["asked", "refused"]
    assert (records[0]["kind"], records[-1]["kind"]) == ("control_start", "control_end")


def test_an_old_halt_is_obeyed_unless_somebody_re_armed_since(
    telegram: TelegramService, settings: PhoneSettings, bot: Bot
) -> None:
    hour = int(time.time()) - 3600

    def do() -> None:
        telegram.send("/halt the price is wrong", date=hour)
        telegram.wait_for("flat: no open position")

    run(settings, bot, do)
    assert bot.folder.halt_reason() == "the price is wrong (anna, by phone)"
    assert any(one.says("late") for one in telegram.messages)

    def resume_then_old_halt() -> None:
        telegram.send("/resume looked at it")
        asked = telegram.wait_for("Re-arm the bot, anna?")
        telegram.press(asked, asked.buttons[0][1])
        telegram.wait_for("flag taken down")
        telegram.send("/halt of before", date=hour)
        telegram.wait_for("the bot was re-armed since")

    from datetime import UTC, datetime

    from plimsoll.journal.kind import Kind
    from plimsoll.journal.log import DecisionLog

    with DecisionLog(bot.folder.decisions) as log:
        log.append(Kind.REARM, datetime.now(UTC), by="ben", reason="by hand", rules=[])
    run(settings, bot, resume_then_old_halt)
    assert bot.folder.halt_reason() is None


def test_a_flood_is_refused_and_a_halt_in_it_is_done(
    telegram: TelegramService, settings: PhoneSettings, bot: Bot
) -> None:
    def do() -> None:
        for _ in range(60):
            telegram.send("/status")
        telegram.send("/halt enough")
        telegram.wait_for("flat: no open position")

    records = run(settings, bot, do)
    assert bot.folder.halt_reason() == "enough (anna, by phone)"
    assert any("too many commands wait" in one.get("why", "") for one in records)


def test_an_alarm_is_seen_by_name(
    telegram: TelegramService, settings: PhoneSettings, bot: Bot
) -> None:
    quick = settings.profile.model_copy(update={"every_seconds": 0.1, "dead_man_seconds": 0.5})
    object.__setattr__(settings, "profile", quick)

    def do() -> None:
        telegram.wait_for("Nothing is heard from the trading bot")
        telegram.ask("/ack", containing="Seen by anna: 1.")
        telegram.ask("/ack", containing="No alarm waits for anybody.")

    records = run(settings, bot, do)
    assert [one["by"] for one in records if one["kind"] == "acknowledged"] == ["anna"]


def test_a_question_says_what_it_is_about() -> None:
    questions = Questions(60)
    resume = questions.ask(Command(Verb.RESUME, "all flat"), "anna", "anna", ("mode HALTED",))
    text = question_words(resume, 60)
    for said in ("Re-arm the bot, anna?", "Reason: all flat", "mode HALTED", "within 60 s"):
        assert said in text
    halt = questions.ask(Command(Verb.HALT), "anna", "anna", ("mode ACTIVE",))
    assert "Nothing is done until you say yes; /halt REASON does it at once" in question_words(
        halt, 60
    )


def test_a_re_arming_that_waits_is_off_when_a_halt_comes_after_it(
    telegram: TelegramService, settings: PhoneSettings, bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be done after the halt, and take its flag down."""
    free = threading.Event()
    whole = Actor.do

    def slow(self: Actor, command: Command, who: str, tell: Any) -> bool:
        if command.words == "first":
            free.wait(20)
        return whole(self, command, who, tell)

    monkeypatch.setattr(Actor, "do", slow)

    def confirm(text: str) -> None:
        telegram.send(text)
        asked = telegram.wait_for(f"Reason: {text.split()[1]}")
        telegram.press(asked, asked.buttons[0][1])
        telegram.wait_for(f"{text}\nanna said yes.")

    def do() -> None:
        confirm("/resume first")
        confirm("/resume second")
        telegram.send("/halt the exchange is hacked")
        deadline = time.monotonic() + 20
        while bot.folder.halt_reason() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        free.set()
        telegram.wait_for("a halt came after it")

    run(settings, bot, do)
    assert bot.folder.halt_reason() == "the exchange is hacked (anna, by phone)"


def test_a_question_about_a_re_arming_is_closed_by_a_halt(
    telegram: TelegramService, settings: PhoneSettings, bot: Bot
) -> None:
    bot.folder.set_halt("the same (anna, by phone)")

    def do() -> None:
        telegram.send("/resume looked at it")
        asked = telegram.wait_for("Re-arm the bot, anna?")
        telegram.send("/halt the same")
        telegram.wait_for("flat: no open position")
        telegram.press(asked, asked.buttons[0][1])
        telegram.wait_for("not open any more")

    run(settings, bot, do)
    assert bot.folder.halt_reason() == "the same (anna, by phone)"


def test_another_flag_than_the_one_that_was_shown_is_a_change() -> None:
    shown = ("mode HALTED", "HALTED drawdown: 10.1 %", "flag file: at noon (ben)")
    assert _rules(shown) == _rules(("mode HALTED", "HALTED drawdown: 10.4 %", shown[2]))
    assert _rules(shown) != _rules((*shown[:2], "flag file: hacked (anna)"))
