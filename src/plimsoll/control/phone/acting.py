"""Commands done by the functions of the command line, one lane for acts and one for looks."""

import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from plimsoll.control.audit import run_audit
from plimsoll.control.audit_words import finding_lines
from plimsoll.control.bot import Bot, BotView, look, with_exchange
from plimsoll.control.halt import halt, resume
from plimsoll.control.phone.commands import HELP, Command, Verb
from plimsoll.control.status_words import limit_lines, span, status_lines
from plimsoll.core import PlimsollError
from plimsoll.journal.files import newest_of
from plimsoll.journal.kind import Kind
from plimsoll.journal.why import why
from plimsoll.journal.words import printable

ACT_SECONDS = 60.0
"""How long a running bot may take to do as it is told; as on the command line."""
MAX_LOOP_AGE = 60.0
FLAG = "flag file: "
"""What a person's halt begins with where it is shown."""
MOST_WAITING = 20
"""Commands of one lane that wait; a flood is refused, a halt never."""

Tell = Callable[[str], object]
_database = threading.Lock()
"""Re-arming and auditing lend Freqtrade's models a database, which only one can."""


class Actor:
    """Does what a command says to the bot that ``find`` finds, read anew each time."""

    def __init__(self, find: Callable[[], Bot]) -> None:
        self._find = find
        self._folder = find().folder

    def raise_flag(self, command: Command, who: str) -> None:
        """Raise the flag file before anything else: nothing that cannot be read keeps it down.

        Raises
        ------
        OSError
            When it cannot be written, as on a full disk.
        """
        self._folder.set_halt(reason_of(command, who))

    def do(self, command: Command, who: str, tell: Tell) -> bool:
        """Do a command, tell what comes of it line by line, and return whether it is done.

        Raises
        ------
        PlimsollError
            As the command of that name does, in one line.
        """
        match command.verb:
            case Verb.HALT:
                reason = reason_of(command, who)
                return halt(self._find(), reason, seconds=ACT_SECONDS, tell=tell).done
            case Verb.RESUME:
                with _database:
                    return resume(
                        self._find(),
                        command.words,
                        seconds=ACT_SECONDS,
                        tell=tell,
                        by=f"{who}, by phone",
                    ).done
            case Verb.AUDIT:
                with _database:
                    outcome = run_audit(self._find(), tell)
                tell("\n".join(map(printable, finding_lines(outcome))))
                return outcome.is_sound
            case Verb.WHY:
                tell("\n".join(map(printable, why(self._folder.decisions, command.words).lines)))
                return True
            case Verb.STATUS:
                bot = self._find()
                view = with_exchange(bot, look(bot))
                tell("\n".join(status_lines(bot, view, MAX_LOOP_AGE)))
                return view.is_trading(MAX_LOOP_AGE)
            case Verb.RISK:
                tell("\n".join(_risk_lines(look(self._find()))))
                return True
            case _:
                tell(HELP)
                return True

    def basis(self) -> tuple[str, ...]:
        """Return what a question rests on: what holds, in words.

        Raises
        ------
        PlimsollError
            When the bot cannot be found.
        """
        view = look(self._find())
        flag = [] if view.flag is None else [f"{FLAG}{view.flag or 'no reason given'}"]
        return (f"mode {view.mode or 'not known'}", *view.held, *flag)

    def withdraw_resume(self) -> None:
        """Take a request to re-arm back that nobody took: it would re-arm a halt of another day."""
        with suppress(PlimsollError):
            self._folder.take_resume()

    def is_rearmed_since(self, at: datetime) -> bool:
        """Return whether a person has re-armed the bot since a moment, by its decision log."""
        newest = next(newest_of(self._folder.decisions, [Kind.REARM]), None)
        return newest is not None and datetime.fromisoformat(newest["at"]) > at


@dataclass(order=True)
class _Job:
    rank: int
    number: int
    do: Callable[[], None] = field(compare=False)


class Lane:
    """A thread that does one job after the other; what is urgent comes first."""

    def __init__(self, name: str) -> None:
        self._jobs: queue.PriorityQueue[_Job] = queue.PriorityQueue()
        self._number = 0
        self._thread = threading.Thread(target=self._run, name=f"plimsoll-{name}", daemon=True)
        self._thread.start()

    def take(self, do: Callable[[], None], *, urgent: bool = False) -> bool:
        """Take a job on; return whether there was room. There is always room for what is urgent."""
        if not urgent and self._jobs.qsize() >= MOST_WAITING:
            return False
        self._number += 1
        self._jobs.put(_Job(0 if urgent else 1, self._number, do))
        return True

    def rest(self, seconds: float) -> bool:
        """Wait until nothing is left to do; return whether that was so in time."""
        deadline = time.monotonic() + seconds
        while self._jobs.unfinished_tasks and time.monotonic() < deadline:
            time.sleep(0.05)
        return not self._jobs.unfinished_tasks

    def _run(self) -> None:
        while True:
            job = self._jobs.get()
            try:
                job.do()
            finally:
                self._jobs.task_done()


def done_in_words(
    actor: Actor, command: Command, who: str, tell: Tell, hide: Callable[[str], str]
) -> tuple[bool, str]:
    """Do a command and return whether it is done, and the last thing that was told.

    What goes wrong is told in a line, and never raised: a command must not end the bot.
    """
    last = ""

    def told(text: str) -> None:
        nonlocal last
        last = hide(text)
        tell(last)

    try:
        return actor.do(command, who, told), last
    except PlimsollError as error:
        told(str(error))
    except Exception as error:  # noqa: BLE001 - a command must not end the control bot
        told(f"/{command.verb} failed: {type(error).__name__}: {str(error).splitlines()[:1]}")
    return False, last


def reason_of(command: Command, who: str) -> str:
    """Return the reason of a halt with who gave it: it stands in the flag file and in the log."""
    return f"{command.words or 'no reason given'} ({who}, by phone)"


def _risk_lines(view: BotView) -> list[str]:
    age = "no loop is known"
    if view.age_seconds is not None:
        age = f"as of {span(view.age_seconds)} ago"
    running = "" if view.runs else "; the bot is not running"
    return [f"mode {view.mode or 'not known'}, {age}{running}", *view.held, *limit_lines(view)]
