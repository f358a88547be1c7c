"""The control bot's own decision log: every command with who, before it is done and after."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Any, Protocol, Self

from plimsoll.control.phone.commands import Command, Verb
from plimsoll.core import PlimsollError
from plimsoll.journal.files import records_backwards
from plimsoll.journal.kind import Kind
from plimsoll.journal.log import DecisionLog

JOURNAL = "journal"
LOOKED_BACK = 5000
"""Records that are read at a start, for what an end before has left."""
REMEMBERED = 2000
"""Updates of which it is known that they were taken; Telegram keeps less than that for a day."""


class Event(StrEnum):
    """What a ``command`` record says."""

    BEGUN = "begun"
    ENDED = "ended"
    ASKED = "asked"
    REFUSED = "refused"
    STRANGER = "stranger"


class Note(StrEnum):
    """The other kinds of record of a control bot's log."""

    START = "control_start"
    END = "control_end"
    ALARM = "alarm"
    SEEN = "acknowledged"
    FAULT = "fault"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfinished:
    """A command that was begun and never ended: the process was killed under it."""

    update: int
    command: Command
    who: str
    chat: str
    at: datetime


class Said(Protocol):
    """Who said something where, and Telegram's number of it; ``None`` for what has none."""

    @property
    def update(self) -> int | None:
        """Telegram's number of the update."""

    @property
    def who(self) -> str | None:
        """The id of the person."""

    @property
    def chat(self) -> str | None:
        """The id of the chat."""


class CommandLog:
    """The log, and what it says of the updates that were taken.

    Raises
    ------
    PlimsollError
        When another control bot writes here, or the folder cannot be written.
    """

    def __init__(self, folder: Path, secrets: Iterable[str]) -> None:
        try:
            self._log = DecisionLog(folder / JOURNAL, secrets=[one for one in secrets if one])
        except PlimsollError as error:
            said = str(error).replace(
                "another bot; give each bot", "another control bot; give each"
            )
            raise PlimsollError(said) from None
        self.fault: str | None = None
        taken, self.unfinished = _left(folder / JOURNAL)
        self._taken = deque(taken, maxlen=REMEMBERED)

    def __enter__(self) -> Self:
        """Return the log."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the log."""
        self.close()

    def knows(self, update: int) -> bool:
        """Return whether an update was taken before: Telegram repeats what was not confirmed."""
        return update in self._taken

    def write(self, kind: str, at: datetime, **fields: Any) -> bool:
        """Write a record, wait until the disk has it, and return whether it does."""
        if kind == Kind.COMMAND and fields.get("update") is not None:
            self._taken.append(int(fields["update"]))
        try:
            self._log.append(kind, at, durable=True, **fields)
        except PlimsollError as error:
            self.fault = str(error)
            return False
        self.fault = None
        return True

    def command(self, event: Event, at: datetime, **fields: Any) -> bool:
        """Write what became of a command; ``by`` is who, ``command`` its text."""
        return self.write(Kind.COMMAND, at, event=event, **fields)

    def of(self, said: Said, event: Event, command: str | None = None, /, **fields: Any) -> bool:
        """Write what became, by now, of what a person said; as `command`."""
        known = {"update": said.update, "by": said.who, "chat": said.chat, "command": command}
        given = {name: value for name, value in known.items() if value is not None}
        return self.command(event, datetime.now(UTC), **given, **fields)

    def close(self) -> None:
        """Let go of the folder."""
        self._log.close()


def _left(folder: Path) -> tuple[list[int], tuple[Unfinished, ...]]:
    """Return the updates that were taken, oldest first, and the commands that never ended."""
    taken, ended, left = list[int](), set[int](), list[Unfinished]()
    for record in islice(records_backwards(folder), LOOKED_BACK):
        update = record.get("update")
        if record["kind"] != Kind.COMMAND or not isinstance(update, int):
            continue
        taken.append(update)
        if record.get("event") in (Event.ENDED, Event.REFUSED):
            ended.add(update)
        elif record.get("event") == Event.BEGUN and update not in ended:
            ended.add(update)
            if (one := _unfinished(record, update)) is not None:
                left.append(one)
    return taken[::-1], tuple(left[::-1])


def _unfinished(record: Mapping[str, Any], update: int) -> Unfinished | None:
    word, _, words = str(record.get("command") or "").removeprefix("/").partition(" ")
    try:
        return Unfinished(
            update=update,
            command=Command(Verb(word), words),
            who=str(record["by"]),
            chat=str(record["chat"]),
            at=datetime.fromisoformat(record["at"]),
        )
    except (KeyError, ValueError):
        return None
