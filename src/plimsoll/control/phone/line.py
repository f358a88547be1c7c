"""The line to Telegram: updates in, questions out; every failure is a line without the token."""

import logging
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import telegram
from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import (
    BadRequest,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)
from telegram.request import HTTPXRequest

from plimsoll.control.phone.commands import MENU
from plimsoll.control.phone.questions import NO, YES, Question
from plimsoll.control.phone.settings import PhoneSettings
from plimsoll.journal.parts import deliverable, parts

POLL_SECONDS = 25
REQUEST_SECONDS = 20.0
CONNECT_SECONDS = 10.0
REFUSED_WAIT, CONFLICT_WAIT = 30.0, 5.0
FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
LONGEST_NOTICE = 200
"""Characters of what Telegram shows over a chat when a button is pressed."""
UPDATES = ("message", "edited_message", "callback_query", "channel_post")


@dataclass(frozen=True, slots=True)
class Fault:
    """Why Telegram did not do as asked.

    Attributes
    ----------
    words
        One line, without the token.
    wait_seconds
        How long to wait; ``None`` leaves that to who asks.
    refused
        Whether Telegram answered, and refuses this token.
    conflict
        Whether another program reads the messages of this token.
    """

    words: str
    wait_seconds: float | None = None
    refused: bool = False
    conflict: bool = False


class LineError(Exception):
    """Telegram did not do as asked."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.words)
        self.fault = fault


def fault_of(error: Exception, settings: PhoneSettings) -> Fault:
    """Return what an error of the library's means."""
    said = settings.without_secrets(str(error)).splitlines() or [""]
    words = f"{type(error).__name__}: {said[0]}".rstrip(": ")
    match error:
        case InvalidToken():
            return Fault(
                "Telegram refuses the token: it was revoked, or never was one",
                REFUSED_WAIT,
                refused=True,
            )
        case Conflict():
            return Fault(
                "another program reads the messages of this token, or a webhook is set: commands "
                "may be lost",
                CONFLICT_WAIT,
                conflict=True,
            )
        case RetryAfter():
            seconds = _wait_of(error)
            return Fault(f"Telegram asks to wait {seconds:.0f} s", seconds)
        case BadRequest() | Forbidden():
            return Fault(words)
        case NetworkError():
            return Fault(f"Telegram cannot be reached: {words}")
        case _:
            return Fault(words)


def _wait_of(error: RetryAfter) -> float:
    """Return the seconds that Telegram asks for; the library is about to change their type."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


class Line:
    """One token's line, by python-telegram-bot.

    The address and certificates are those of the environment, as Freqtrade's own Telegram has
    them: ``HTTPS_PROXY``, ``NO_PROXY``, ``SSL_CERT_FILE``.
    """

    def __init__(self, settings: PhoneSettings) -> None:
        for name in ("httpx", "httpcore", "telegram"):
            logging.getLogger(name).setLevel(logging.ERROR)  # they would log addresses with tokens
        self._settings = settings
        self.skew_seconds = 0.0
        self.username: str | None = None
        # One connection holds the question for updates; the others stay free beside it.
        self._asks, self._polls = self._request(8), self._request(2)
        self._bot = telegram.Bot(
            settings.token, request=self._asks, get_updates_request=self._polls
        )

    def _request(self, connections: int) -> HTTPXRequest:
        return HTTPXRequest(
            connection_pool_size=connections,
            read_timeout=REQUEST_SECONDS,
            write_timeout=REQUEST_SECONDS,
            connect_timeout=CONNECT_SECONDS,
            pool_timeout=CONNECT_SECONDS,
            httpx_kwargs={"event_hooks": {"response": [self._note_time]}},
        )

    async def _note_time(self, response: Any) -> None:
        """Note how far this machine's clock is ahead of Telegram's, by the answer's date."""
        try:
            theirs = parsedate_to_datetime(response.headers.get("Date", ""))
        except (TypeError, ValueError):
            return
        self.skew_seconds = (datetime.now(UTC) - theirs.astimezone(UTC)).total_seconds()

    def now(self) -> datetime:
        """Return Telegram's time, as far as it is known."""
        return datetime.now(UTC) - timedelta(seconds=self.skew_seconds)

    async def open(self) -> None:
        """Make the connections, without a question: Telegram need not be there yet."""
        await self._asks.initialize()
        await self._polls.initialize()

    async def close(self) -> None:
        """Let go of the connections."""
        await self._asks.shutdown()
        await self._polls.shutdown()

    async def greet(self) -> str:
        """Ask for this bot's own name and offer its commands; return the name.

        Raises
        ------
        LineError
            When Telegram does not answer, or refuses the token.
        """
        try:
            me = await self._bot.get_me()
            await self._bot.set_my_commands(MENU)
        except TelegramError as error:
            raise LineError(fault_of(error, self._settings)) from None
        self.username = me.username
        return me.username or "nameless"

    async def updates(self, offset: int | None) -> Sequence[telegram.Update]:
        """Return updates from a number on, waiting for the first; those below are confirmed.

        Raises
        ------
        LineError
            When Telegram does not answer, or refuses.
        """
        try:
            return await self._bot.get_updates(
                offset=offset,
                timeout=POLL_SECONDS,
                allowed_updates=list(UPDATES),
                read_timeout=POLL_SECONDS + REQUEST_SECONDS,
            )
        except TelegramError as error:
            raise LineError(fault_of(error, self._settings)) from None

    async def ask(self, question: Question, text: str) -> int:
        """Send a question with its two buttons; return the number of the message.

        Raises
        ------
        LineError
            When it was not taken.
        """
        rows = [
            [
                InlineKeyboardButton("Yes, do it", callback_data=f"{YES}:{question.nonce}"),
                InlineKeyboardButton("No", callback_data=f"{NO}:{question.nonce}"),
            ]
        ]
        try:
            message = await self._bot.send_message(
                self._settings.allowed.chats[question.chat],
                parts(deliverable(text))[0],
                reply_markup=InlineKeyboardMarkup(rows),
            )
        except TelegramError as error:
            raise LineError(fault_of(error, self._settings)) from None
        return message.message_id

    async def notice(self, query: str, text: str) -> None:
        """Answer a pressed button; an answer that comes too late is none, and no fault."""
        try:
            await self._bot.answer_callback_query(query, text[:LONGEST_NOTICE])
        except TelegramError as error:
            logging.getLogger(__name__).info("plimsoll: %s", fault_of(error, self._settings).words)

    async def take_buttons(self, question: Question, text: str) -> None:
        """Replace a question by what became of it, without buttons; a failure is no fault."""
        try:
            await self._bot.edit_message_text(
                text=parts(deliverable(text))[0],
                chat_id=self._settings.allowed.chats[question.chat],
                message_id=question.message,
            )
        except TelegramError as error:
            logging.getLogger(__name__).info("plimsoll: %s", fault_of(error, self._settings).words)
