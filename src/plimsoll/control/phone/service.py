"""The control bot at work: it listens, asks, does as it is told, and watches what must be told."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import telegram

from plimsoll.control.bot import Bot
from plimsoll.control.phone.acting import FLAG, Actor, Lane, done_in_words
from plimsoll.control.phone.commands import Command, Verb, command_in
from plimsoll.control.phone.desk import AlarmDesk
from plimsoll.control.phone.hearing import Heard, NotHeard, heard
from plimsoll.control.phone.line import FIRST_WAIT, LONGEST_WAIT, Line, LineError
from plimsoll.control.phone.lookout import Lookout
from plimsoll.control.phone.questions import Question, Questions, Refused
from plimsoll.control.phone.record import CommandLog, Event, Note, Unfinished
from plimsoll.control.phone.settings import PhoneSettings
from plimsoll.control.phone.strangers import Strangers
from plimsoll.control.status_words import span
from plimsoll.core import PlimsollError
from plimsoll.monitoring.alarms import Send

REST_SECONDS = 5.0
"""How long an end waits for commands that are being done; what is not done then is told later."""


class ControlBot:
    """One control bot over one trading bot.

    Parameters
    ----------
    settings
        Who may say something, and where it keeps what it must not forget.
    find
        Returns the trading bot, its config read anew.
    log
        Its own decision log, which it alone writes.
    """

    def __init__(
        self,
        settings: PhoneSettings,
        find: Callable[[], Bot],
        log: CommandLog,
        *,
        send: Send | None = None,
    ) -> None:
        self._settings, self._log = settings, log
        self._profile = settings.profile
        self._actor = Actor(find)
        self._line = Line(settings)
        self._desk = AlarmDesk(settings, find().folder, log, send=send)
        self._post = self._desk.post
        self._questions = Questions(self._profile.question_seconds)
        self._strangers = Strangers()
        self._acts, self._looks = Lane("acts"), Lane("looks")
        self._halts = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._lookout = Lookout(settings, self._desk)

    async def run(self, stop: asyncio.Event) -> None:
        """Listen until it is stopped."""
        self._log.write(Note.START, datetime.now(UTC), persons=sorted(self._settings.allowed.chats))
        await self._line.open()
        for one in self._log.unfinished:
            self._take_up(one)
        self._lookout.start()
        listening = asyncio.create_task(self._listen())
        asking = asyncio.create_task(self._end_late_questions())
        try:
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait((stopping, listening, asking), return_when=asyncio.FIRST_COMPLETED)
            for task in (listening, asking):
                if task.done():
                    task.result()
        finally:
            for task in (listening, asking, *self._tasks):
                task.cancel()
            self._lookout.stop()
            self._acts.rest(REST_SECONDS)
            self._post.close()
            await self._line.close()
            self._log.write(Note.END, datetime.now(UTC))

    # Listening

    async def _listen(self) -> None:
        offset: int | None = None
        wait = FIRST_WAIT
        while True:
            try:
                if self._line.username is None:
                    await self._line.greet()
                    self._lookout.line_is_well()
                updates = await self._line.updates(offset)
            except LineError as error:
                self._lookout.line_is_at_fault(error.fault)
                seconds = error.fault.wait_seconds
                await asyncio.sleep(wait if seconds is None else seconds)
                wait = min(wait * 2, LONGEST_WAIT)
                continue
            wait = FIRST_WAIT
            self._lookout.line_is_well()
            for update in updates:
                offset = update.update_id + 1
                await self._take_safely(update)

    async def _take_safely(self, update: telegram.Update) -> None:
        """Take an update; one that nobody foresaw ends nothing but itself."""
        try:
            await self._take(update)
        except Exception as error:  # noqa: BLE001 - one message must not end the control bot
            said = self._settings.without_secrets(f"{type(error).__name__}: {error}")
            self._log.write(Note.FAULT, datetime.now(UTC), where="update", message=said)

    async def _take(self, update: telegram.Update) -> None:
        if self._log.knows(update.update_id):
            return
        said = heard(update, self._settings.allowed)
        if isinstance(said, NotHeard):
            self._not_heard(said)
        elif said.data is not None:
            self._begin_task(self._pressed(said))
        else:
            self._said(said)

    def _not_heard(self, said: NotHeard) -> None:
        """Write down who is not obeyed; to a stranger nothing is said."""
        if said.who is None or said.chat is None:
            told = self._strangers.met(said.mark, time.monotonic())
            if told is not None:
                fields = {"mark": said.mark, "why": said.why.value, "not_written": told}
                now = datetime.now(UTC)
                self._log.command(Event.STRANGER, now, update=said.update, **fields)
            return
        self._log.of(said, Event.REFUSED, why=said.why.value)
        self._post.say(said.chat, f"Not done: {said.why.value}.")

    def _said(self, said: Heard) -> None:
        command = command_in(said.text, self._line.username)
        if command is None:
            return
        if isinstance(command, str):
            self._refuse(said, said.text[:100], command)
            return
        at = said.at or self._line.now()
        late = (self._line.now() - at).total_seconds()
        if late > self._profile.max_message_age_seconds:
            if command.verb is not Verb.HALT or command.asks_first:
                why = f"it was sent {span(late)} ago; type it again"
                self._refuse(said, command.text, why)
                return
            if self._actor.is_rearmed_since(at):
                why = f"it was sent {span(late)} ago, and the bot was re-armed since"
                self._refuse(said, command.text, why)
                return
            self._post.say(said.chat, f"Your /halt of {at:%H:%M:%S} UTC came {span(late)} late.")
        if command.verb is Verb.ACK:
            self._acknowledge(said, at)
        elif command.asks_first:
            self._begin_task(self._ask(said, command))
        else:
            self._begin(said, command)

    def _refuse(self, said: Heard, text: str, why: str) -> None:
        self._log.of(said, Event.REFUSED, text, why=why)
        self._post.say(said.chat, f"Not done: {why}.")

    def _acknowledge(self, said: Heard, at: datetime) -> None:
        """Note all alarms that were told before a message as seen; its time is a whole second."""
        until = at + timedelta(seconds=self._line.skew_seconds + 1.0)
        known = self._desk.seen(said.who, until)
        numbers = ", ".join(str(one.number) for one in known)
        self._log.of(said, Event.ENDED, "/ack", done=True)
        text = f"Seen by {said.who}: {numbers}." if known else "No alarm waits for anybody."
        self._post.say_to_all(text) if known else self._post.say(said.chat, text)

    # Asking first

    async def _ask(self, said: Heard, command: Command) -> None:
        try:
            basis = await asyncio.to_thread(self._actor.basis)
        except (PlimsollError, OSError) as error:
            if command.verb is not Verb.HALT:
                self._refuse(said, command.text, str(error))
                return
            basis = (f"how the bot is, is not known: {error}",)
        question = self._questions.ask(command, said.who, said.chat, basis)
        self._log.of(said, Event.ASKED, command.text)
        try:
            number = await self._line.ask(
                question, question_words(question, self._profile.question_seconds)
            )
        except LineError as error:
            self._questions.withdraw(question)
            self._lookout.line_is_at_fault(error.fault)
            self._post.say(said.chat, f"The question could not be sent: {error}. Nothing was done.")
            return
        self._questions.sent(question, number)

    async def _pressed(self, said: Heard) -> None:
        answer = self._questions.answer(said.data or "", said.who, said.chat, said.message)
        if isinstance(answer, Refused):
            self._refuse(said, "a button", answer.why)
            await self._line.notice(said.query, f"Not done: {answer.why}")
            return
        question, is_yes = answer
        if not is_yes:
            await self._leave(said, question, f"{said.who} said no")
            return
        halts = self._halts
        if question.command.verb is Verb.RESUME:
            changed = await self._changed(question)
            if changed is not None:
                await self._leave(said, question, changed)
                return
        self._begin(replace(said, who=question.who), question.command, halts)
        await self._line.notice(said.query, "Doing it")
        await self._line.take_buttons(question, f"{question.command.text}\n{said.who} said yes.")

    async def _changed(self, question: Question) -> str | None:
        """Say what holds now that did not when the question was asked; ``None`` when it is so."""
        try:
            basis = await asyncio.to_thread(self._actor.basis)
        except (PlimsollError, OSError) as error:
            return str(error)
        if _rules(basis) == _rules(question.basis):
            return None
        return f"what holds has changed since you were asked: {'; '.join(basis)}. Ask anew"

    async def _leave(self, said: Heard, question: Question, why: str) -> None:
        self._refuse(said, question.command.text, why)
        await self._line.notice(said.query, f"Not done: {why}")
        await self._line.take_buttons(question, f"{question.command.text}\nNot done: {why}.")

    async def _end_late_questions(self) -> None:
        while True:
            for question in self._questions.late():
                why = f"nobody answered within {self._profile.question_seconds:g} s"
                self._log.of(question, Event.REFUSED, question.command.text, why=why)
                self._post.say(question.chat, f"Not done: {question.command.text}: {why}.")
                await self._line.take_buttons(
                    question, f"{question.command.text}\nNot done: {why}."
                )
            await asyncio.sleep(1.0)

    # Doing

    def _begin(self, said: Heard, command: Command, halts: int = 0) -> None:
        """Write a command down and let its lane do it; a halt raises its flag before all else.

        ``halts`` is how many there were when a re-arming was confirmed.
        """
        if command.verb is Verb.HALT:
            self._halts += 1
            self._questions.withdraw_of(Verb.RESUME)
            try:
                self._actor.raise_flag(command, said.who)
            except OSError as error:
                flag_fault = f"the flag cannot be raised: {error.strerror}"
                self._post.say(
                    said.chat, f"🛑 {flag_fault}; trying on. Close on the exchange by hand."
                )
        written = self._log.of(said, Event.BEGUN, command.text)
        if command.verb is Verb.RESUME and not written:
            self._refuse(said, command.text, f"it could not be written down: {self._log.fault}")
            return
        lane = self._acts if command.acts else self._looks
        job = lambda: self._do(said, command, halts)  # noqa: E731 - the lane takes a call without words
        if not lane.take(job, urgent=command.verb is Verb.HALT):
            self._refuse(said, command.text, "too many commands wait; send fewer")

    def _do(self, said: Heard, command: Command, halts: int) -> None:
        """Do a command in its lane, and write down what came of it.

        A re-arming waits behind a halt that came after it, of which it knew nothing: it is off.
        """
        if command.verb is Verb.RESUME and halts != self._halts:
            self._refuse(said, command.text, "a halt came after it; ask anew, if it is still meant")
            return
        hide = self._settings.without_secrets
        done, last = done_in_words(
            self._actor, command, said.who, lambda text: self._post.say(said.chat, text), hide
        )
        self._log.of(said, Event.ENDED, command.text, done=done, said=last[:500])

    def _take_up(self, one: Unfinished) -> None:
        """Go on with a command under which an earlier process was killed: a halt alone."""
        said = Heard(update=one.update, who=one.who, chat=one.chat, text="", message=0, at=one.at)
        if one.chat not in self._settings.allowed.chats:
            said = replace(said, chat=next(iter(self._settings.allowed.chats)))
        if one.command.verb is Verb.HALT and not self._actor.is_rearmed_since(one.at):
            self._post.say(said.chat, f"I was ended in the middle of {one.command.text}; going on.")
            self._begin(said, one.command)
            return
        if one.command.verb is Verb.RESUME:
            self._actor.withdraw_resume()
        why = "the control bot was ended in the middle of it; /status says how it is now"
        self._refuse(said, one.command.text, f"{why}. Type it again, if it is still meant")

    def _begin_task(self, work: Coroutine[Any, Any, None]) -> None:
        """Do what waits for an answer beside listening: a halt must not wait behind it."""
        task = asyncio.create_task(self._finish(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _finish(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001 - one question must not end the control bot
            said = self._settings.without_secrets(f"{type(error).__name__}: {error}")
            self._log.write(Note.FAULT, datetime.now(UTC), where="question", message=said)


def question_words(question: Question, seconds: float) -> str:
    """Return a question as a person reads it."""
    held = "\n".join(question.basis)
    within = f"Answer within {seconds:g} s."
    if question.command.verb is Verb.RESUME:
        return (
            f"Re-arm the bot, {question.who}? Losses are measured from then on.\n"
            f"Reason: {question.command.words}\n\n{held}\n\n{within}"
        )
    return (
        f"Close everything and open nothing, {question.who}? Nothing is done until you say yes; "
        f"/halt REASON does it at once.\n\n{held}\n\n{within}"
    )


def _rules(basis: tuple[str, ...]) -> list[str]:
    """Return what holds without its figures, which may change in every loop.

    What a person wrote into the flag file is no figure: another text is another halt.
    """
    return sorted(one if one.startswith(FLAG) else one.partition(": ")[0] for one in basis)
