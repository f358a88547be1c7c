"""Messages that wait for delivery; an alarm waits in a file, over restarts."""

import logging
import os
import threading
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

logger = logging.getLogger(__name__)

OUTBOX = "outbox.json"
MOST_KEPT = 200
"""So many messages wait; mentions make room first, and the next message says how many did."""
FIRST_KEPT = 20
"""The oldest alarms are never dropped: they say how it began."""


@dataclass(eq=False)
class Waiting:
    """A message that somebody does not have yet.

    Attributes
    ----------
    at
        When it was told, UTC.
    alarm
        Whether it is kept over restarts.
    left
        The messengers that still have to take it.
    told_at
        The same moment by this process's monotonic clock; ``None`` when another process told it.
    """

    text: str
    at: datetime
    alarm: bool
    left: set[str]
    told_at: float | None = field(default_factory=time.monotonic)


class Outbox:
    """The messages that wait, oldest first; safe to use from several threads.

    A file that cannot be written loses nothing while the process lives; `fault` says so. `dropped`
    counts the messages that had to make room.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / OUTBOX
        self._mutex = threading.Lock()
        self.dropped = 0
        self.fault: str | None = None
        self._waiting = self._read()

    def add(self, text: str, at: datetime, *, alarm: bool, messengers: Collection[str]) -> None:
        """Let a message wait for these messengers."""
        with self._mutex:
            self._waiting.append(Waiting(text, at, alarm, set(messengers)))
            while len(self._waiting) > MOST_KEPT:
                mentions = [at for at, one in enumerate(self._waiting) if not one.alarm]
                del self._waiting[mentions[0] if mentions else FIRST_KEPT]
                self.dropped += 1
            if alarm:
                self._write()

    def address(self, messengers: Collection[str]) -> None:
        """Let what waits wait for these messengers alone, or for all when its own are gone."""
        known = set(messengers)
        with self._mutex:
            for one in self._waiting:
                one.left = (one.left & known) or set(known)
            if self._waiting:
                self._write()

    def waiting(self, messenger: str) -> list[Waiting]:
        """Return what a messenger has to take, oldest first."""
        with self._mutex:
            return [one for one in self._waiting if messenger in one.left]

    def delivered(self, messenger: str, taken: Collection[Waiting]) -> None:
        """Forget what a messenger has taken."""
        with self._mutex:
            for one in taken:
                one.left.discard(messenger)
            self._waiting = [one for one in self._waiting if one.left]
            if any(one.alarm for one in taken):
                self._write()

    def alarms(self) -> list[Waiting]:
        """Return the alarms that wait, oldest first."""
        with self._mutex:
            return [one for one in self._waiting if one.alarm]

    def _read(self) -> list[Waiting]:
        try:
            content = self._file.read_bytes()
        except FileNotFoundError:
            return []
        except OSError as error:
            self.fault = f"{self._file} cannot be read: {error}"
            return []
        try:
            return [_waiting_of(row) for row in orjson.loads(content)["waiting"]]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            aside = self._file.with_suffix(".damaged")
            self.fault = f"{self._file} is damaged ({error}); it was set aside as {aside.name}"
            logger.error("plimsoll: %s", self.fault)  # noqa: TRY400 - the fault is the file's
            self._file.replace(aside)
            return []

    def _write(self) -> None:
        rows = [
            {"text": one.text, "at": one.at.isoformat(), "left": sorted(one.left)}
            for one in self._waiting
            if one.alarm
        ]
        part = self._file.with_name(f".{OUTBOX}.{os.getpid()}")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with part.open("wb") as file:
                file.write(orjson.dumps({"waiting": rows}, option=orjson.OPT_INDENT_2))
                file.flush()
                os.fsync(file.fileno())
            part.replace(self._file)
            self.fault = None
        except OSError as error:
            if self.fault is None:
                logger.exception("plimsoll: alarms wait in memory alone")
            self.fault = f"{self._file} cannot be written: {error}"


def alarms_in(folder: Path) -> list[Waiting]:
    """Return the alarms that wait in a bot's folder, as seen from outside; none without a file."""
    try:
        rows = orjson.loads((folder / OUTBOX).read_bytes())["waiting"]
        return [_waiting_of(row) for row in rows]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []


def _waiting_of(row: dict[str, Any]) -> Waiting:
    at = datetime.fromisoformat(row["at"]).astimezone(UTC)
    return Waiting(str(row["text"]), at, alarm=True, left=set(row["left"]), told_at=None)
