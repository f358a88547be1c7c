"""The line to Telegram: every failure is one line without the token, and says how long to wait."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest
from telegram.error import BadRequest, Conflict, InvalidToken, NetworkError, RetryAfter

from plimsoll.control.phone.commands import Command, Verb
from plimsoll.control.phone.line import Line, LineError, fault_of
from plimsoll.control.phone.questions import Questions
from plimsoll.control.phone.settings import PhoneSettings
from plimsoll.lab.telegram.service import TOKEN, TelegramService


def with_line(settings: PhoneSettings, do: Callable[[Line], Awaitable[object]]) -> Line:
    async def run() -> Line:
        line = Line(settings)
        await line.open()
        try:
            await do(line)
        finally:
            await line.close()
        return line

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("error", "said", "wait", "refused", "conflict"),
    [
        (InvalidToken(f"The token `{TOKEN}` was rejected"), "refuses the token", 30, True, False),
        (Conflict("terminated"), "another program reads", 5, False, True),
        (RetryAfter(17), "asks to wait 17 s", 17, False, False),
        (NetworkError(f"no way to /bot{TOKEN}/x"), "cannot be reached", None, False, False),
        (BadRequest("chat not found"), "BadRequest: chat not found", None, False, False),
    ],
)
def test_an_error_is_a_line(
    error: Exception,
    said: str,
    wait: float | None,
    refused: bool,
    conflict: bool,
    settings: PhoneSettings,
) -> None:
    fault = fault_of(error, settings)
    assert said in fault.words
    assert TOKEN not in fault.words
    assert "\n" not in fault.words
    assert (fault.wait_seconds, fault.refused, fault.conflict) == (wait, refused, conflict)


def test_it_knows_its_name_and_the_time_of_telegram(
    telegram: TelegramService, settings: PhoneSettings
) -> None:
    line = with_line(settings, lambda line: line.greet())
    assert line.username == "plimsoll_drill_bot"
    assert abs(line.skew_seconds) < 60
    line.skew_seconds = 3600.0
    assert (datetime.now(UTC) - line.now()).total_seconds() == pytest.approx(3600, abs=5)


def test_a_question_is_sent_answered_and_loses_its_buttons(
    telegram: TelegramService, settings: PhoneSettings
) -> None:
    question = Questions(60).ask(Command(Verb.RESUME, "why"), "anna", "anna", ())

    async def do(line: Line) -> None:
        number = await line.ask(question, "Re-arm? _*[x](y)` <b>" + "é" * 5000)
        sent = telegram.wait_for("Re-arm?")
        assert sent.message_id == number
        assert [data.partition(":")[0] for _, data in sent.buttons] == ["yes", "no"]
        telegram.press(sent, sent.buttons[0][1])
        (update,) = await line.updates(None)
        await line.notice(update.callback_query.id, "x" * 500)
        await line.notice(update.callback_query.id, "a second answer is refused, and no fault")

    with_line(settings, do)
    assert [one.reason for one in telegram.rejected] == [
        "Bad Request: query is too old and response timeout expired or query ID is invalid"
    ]


def test_a_token_that_is_revoked_is_refused(
    telegram: TelegramService, settings: PhoneSettings
) -> None:
    telegram.is_revoked = True
    for ask in (lambda line: line.greet(), lambda line: line.updates(None)):
        with pytest.raises(LineError) as refused:
            with_line(settings, ask)
        assert refused.value.fault.refused


def test_a_line_that_is_down_is_said(telegram: TelegramService, settings: PhoneSettings) -> None:
    telegram.down()
    with pytest.raises(LineError, match="cannot be reached"):
        with_line(settings, lambda line: line.updates(None))


def test_a_second_reader_ends_the_first_ones_question(
    telegram: TelegramService, settings: PhoneSettings
) -> None:
    async def do(first: Line) -> None:
        second = Line(settings)
        await second.open()
        waiting = asyncio.create_task(first.updates(None))
        await asyncio.sleep(1.0)
        other = asyncio.create_task(second.updates(None))
        with pytest.raises(LineError) as refused:
            await waiting
        assert refused.value.fault.conflict
        telegram.send("/help")
        assert len(await other) == 1
        await second.close()

    before = telegram.conflicts
    with_line(settings, do)
    assert telegram.conflicts == before + 1
