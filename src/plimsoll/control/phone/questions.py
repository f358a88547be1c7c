"""Questions before what cannot be undone: one answer, by who was asked, in time."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from plimsoll.control.phone.commands import Command, Verb

YES, NO = "yes", "no"
SPARE_SECONDS = 5.0
"""How far the clock may go back under a question, as when it is set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question that waits for a person's answer.

    Attributes
    ----------
    nonce
        What its buttons send; it is worth one answer.
    basis
        What the person was shown: if that has changed, the answer is to something else.
    message
        Telegram's number of the message that asks; 0 until it was sent.
    asked, asked_wall
        By the monotonic clock and by the other one.
    """

    nonce: str
    command: Command
    who: str
    chat: str
    basis: tuple[str, ...]
    asked: float
    asked_wall: float
    message: int = 0

    @property
    def update(self) -> None:
        """Telegram's number of its answer: one that nobody answers has none."""
        return None


@dataclass(frozen=True, slots=True)
class Refused:
    """Why an answer does not count, for who gave it."""

    why: str


class Questions:
    """The questions of this process. One of an earlier process is not known, and refused.

    A question is answered once, within its time by both clocks: one that is set, and one that
    stands still while the machine sleeps, may each be wrong, and either ends it.
    """

    def __init__(
        self,
        seconds: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._seconds, self._clock, self._wall = seconds, clock, wall
        self._open: dict[str, Question] = {}

    def ask(self, command: Command, who: str, chat: str, basis: tuple[str, ...]) -> Question:
        """Open a question; an older one to the same person is withdrawn."""
        self._open = {nonce: one for nonce, one in self._open.items() if one.who != who}
        question = Question(
            nonce=secrets.token_urlsafe(16),
            command=command,
            who=who,
            chat=chat,
            basis=basis,
            asked=self._clock(),
            asked_wall=self._wall(),
        )
        self._open[question.nonce] = question
        return question

    def sent(self, question: Question, message: int) -> None:
        """Note the message that asks: only its own buttons answer."""
        if question.nonce in self._open:
            self._open[question.nonce] = replace(question, message=message)

    def withdraw(self, question: Question) -> None:
        """Forget a question, such as one that could not be sent."""
        self._open.pop(question.nonce, None)

    def withdraw_of(self, verb: Verb) -> None:
        """Forget every question of a command: what its answer would rest on is over."""
        self._open = {
            nonce: one for nonce, one in self._open.items() if one.command.verb is not verb
        }

    def answer(
        self, data: str, who: str, chat: str, message: int
    ) -> tuple[Question, bool] | Refused:
        """Return the question that a button's data answers, and whether with yes; or why not."""
        word, _, nonce = data.partition(":")
        question = self._open.get(nonce)
        if question is None or word not in (YES, NO):
            return Refused("this question is not open any more; nothing was done. Ask anew")
        if (question.chat, question.message) != (chat, message):
            return Refused("these are not the buttons of that question; nothing was done")
        if question.who != who:
            return Refused(f"{question.who} was asked, not {who}; nothing was done")
        del self._open[nonce]
        if self._is_late(question):
            return Refused(
                f"the answer came later than {self._seconds:g} s; nothing was done. Ask anew"
            )
        return question, word == YES

    def late(self) -> list[Question]:
        """Return the questions that nobody answered in time, and forget them."""
        late = [one for one in self._open.values() if self._is_late(one)]
        for one in late:
            del self._open[one.nonce]
        return late

    def _is_late(self, question: Question) -> bool:
        since = self._clock() - question.asked
        by_wall = self._wall() - question.asked_wall
        return since > self._seconds or not -SPARE_SECONDS <= by_wall <= self._seconds
