"""What a watchdog leaves on disk: its journal, what it keeps, its status, a person's release."""

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import orjson

from plimsoll.core import PlimsollError, UsageError
from plimsoll.journal.files import newest_of
from plimsoll.journal.log import DecisionLog
from plimsoll.monitoring.alarms import Waiting, waiting_from
from plimsoll.monitoring.memory import Latch, Memory, latch_from, memory_from

JOURNAL, STATE, STATUS, RELEASE = "journal", "state.json", "status.json", "release.json"
MISSED_LOOKS = 5
"""Looks that may be missed before a watchdog or a control bot counts as dead itself."""
CONTROL_BOT_SECONDS = 30.0
"""How long a control bot's look may take, whatever its interval is."""


class Note(StrEnum):
    """The kinds of record in a watchdog's journal."""

    START = "watch_start"
    END = "watch_end"
    BEGUN = "condition_begun"
    ENDED = "condition_ended"
    ALARM = "alarm"
    LATCH = "latch"
    ACT = "act"
    DONE = "done"
    FAILED = "failed"
    FLAT = "flat"
    RELEASE = "release"
    TIMER = "timer"


class Store:
    """The folder of one watchdog; one writer at a time.

    Raises
    ------
    PlimsollError
        When another watchdog writes here, or the folder cannot be written.
    """

    def __init__(self, folder: Path, secrets: Iterable[str]) -> None:
        self.folder = folder
        self._journal = DecisionLog(folder / JOURNAL, secrets=[one for one in secrets if one])
        self.fault: str | None = None

    @property
    def head(self) -> str:
        """The journal's newest hash."""
        return self._journal.head

    def note(self, kind: Note, at: datetime, **fields: Any) -> None:
        """Write a record and wait until the disk has it.

        A journal that cannot be written is a ``fault`` that is told, and keeps nothing from being
        done: on a full disk positions are closed as well.
        """
        try:
            self._journal.append(kind, at, durable=True, **fields)
            self.fault = None
        except PlimsollError as error:
            self.fault = str(error)

    def load(self) -> tuple[Memory, list[Waiting]]:
        """Return what was kept, and the alarms that wait. Of state and journal the stricter holds.

        A state that cannot be read is none; the journal still has what was latched.
        """
        memory, waiting = Memory(), []
        with suppress(OSError, ValueError, KeyError, TypeError):
            record = orjson.loads((self.folder / STATE).read_bytes())
            memory, waiting = memory_from(record["memory"]), waiting_from(record["waiting"])
        on_record = latch_on_record(self.folder)
        if on_record is not None and _is_stricter(on_record, memory.latch):
            memory = replace(memory, latch=on_record)
        return memory, waiting

    def save(self, memory: Memory, waiting: Sequence[Mapping[str, Any]]) -> None:
        """Replace what is kept; a disk that does not take it is a ``fault``."""
        self._write(STATE, {"memory": memory.as_record(), "waiting": list(waiting)})

    def write_status(self, status: Mapping[str, Any]) -> None:
        """Replace the status."""
        self._write(STATUS, status)

    def take_release(self) -> tuple[str, str] | None:
        """Return who released what is latched, and why; ``None`` without a request."""
        try:
            request = orjson.loads((self.folder / RELEASE).read_bytes())
            (self.folder / RELEASE).unlink()
            return str(request["reason"]), str(request["by"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError):
            with suppress(OSError):
                (self.folder / RELEASE).unlink()
            return None

    def close(self) -> None:
        """Let go of the folder."""
        self._journal.close()

    def _write(self, name: str, record: Mapping[str, Any]) -> None:
        try:
            write_whole(self.folder / name, record)
        except OSError as error:
            self.fault = f"{self.folder / name} cannot be written: {error.strerror}"


def write_whole(file: Path, record: Mapping[str, Any]) -> None:
    """Replace a file by a record in one move, readable for its owner only.

    Raises
    ------
    OSError
        When it cannot be written.
    """
    part = file.with_name(f".{file.name}.{os.getpid()}")
    content = orjson.dumps(record, default=str, option=orjson.OPT_INDENT_2)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    part.replace(file)


def ask_to_release(folder: Path, reason: str, by: str) -> None:
    """Leave a release for the running watchdog to take."""
    write_whole(folder / RELEASE, {"reason": reason, "by": by})


def release_waits(folder: Path) -> bool:
    """Return whether a release was not taken yet."""
    return (folder / RELEASE).exists()


def withdraw_release(folder: Path) -> bool:
    """Take a release back and return whether it was still there.

    One that stayed would end what is latched later, for another reason.
    """
    try:
        (folder / RELEASE).unlink()
    except FileNotFoundError:
        return False
    return True


def status_in(folder: Path) -> dict[str, Any] | None:
    """Return the last status of a watchdog; ``None`` when there is none."""
    try:
        status = orjson.loads((folder / STATUS).read_bytes())
    except (OSError, ValueError):
        return None
    return status if isinstance(status, dict) else None


def age_of(
    status: Mapping[str, Any], now: datetime, least_seconds: float = 0.0
) -> tuple[float, bool]:
    """Return the seconds since a status was written, and whether its writer still looks.

    It does within `MISSED_LOOKS` of its own intervals, or within ``least_seconds`` where that is
    longer; a status that is as much ahead of ``now`` is no better than an old one.

    Raises
    ------
    KeyError, TypeError, ValueError
        When it is none.
    """
    age = (now - datetime.fromisoformat(status["as_of"])).total_seconds()
    return age, abs(age) <= max(MISSED_LOOKS * float(status["every_seconds"]), least_seconds)


def last_look(
    folder: Path, whose: str, now: datetime, least_seconds: float = 0.0
) -> dict[str, Any]:
    """Return the last status in a folder with its age; well only while its writer still looks.

    Raises
    ------
    UsageError
        In one line, when there is none, or it is no such record.
    """
    told = status_in(folder)
    if told is None:
        raise UsageError(f"no {whose} has left a status in {folder}")
    try:
        age, is_fresh = age_of(told, now, least_seconds)
        return {**told, "age_seconds": age, "is_well": bool(told["is_well"]) and is_fresh}
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(
            f"expected {folder / STATUS} to be the status of a {whose}, found something else: "
            f"{type(error).__name__} {error}"
        ) from None


def latch_on_record(folder: Path) -> Latch | None:
    """Return what the journal says is latched: the newest latch that no release follows."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        newest = next(newest_of(folder / JOURNAL, [Note.LATCH, Note.RELEASE]), None)
        if newest is not None and newest["kind"] == Note.LATCH:
            return latch_from(newest["latch"])
    return None


def _is_stricter(latch: Latch, other: Latch | None) -> bool:
    if other is None:
        return True
    wider = bool(other.pairs) and not set(latch.pairs) <= set(other.pairs)
    return latch.act.strength > other.act.strength or (
        latch.act is other.act and (wider or (bool(other.pairs) and not latch.pairs))
    )
