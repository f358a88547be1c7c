"""The events of one seat on the disk: written before they hold, read after a kill.

One line an event: its number, itself, and a hash of both and of the line before. The first line
is the seat that the journal begins with, so that the file alone is enough. A line that a kill
tore off at the end never held, and is dropped.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from plimsoll.bridge.champions.whole_files import write_durably
from plimsoll.champions.errors import SeatError
from plimsoll.champions.events import Event, event_from, event_record, seat_from, seat_record
from plimsoll.champions.seat import Seat
from plimsoll.champions.transition import apply
from plimsoll.core import PlimsollError

_BEGIN = "0" * 64


class DamagedJournalError(PlimsollError):
    """A line of a journal, other than one torn off at its end, is not what was written."""


@dataclass(frozen=True, slots=True)
class Read:
    """A journal as it was found.

    Attributes
    ----------
    seat
        After all of its lines.
    head
        The hash of its last line.
    events
        How many it has after the seat that it begins with.
    whole_bytes
        Its length without a line torn off.
    torn
        Whether one was.
    """

    seat: Seat
    head: str
    events: int
    whole_bytes: int
    torn: bool


def read_journal(file: Path) -> Read:
    """Read a journal and apply it.

    Raises
    ------
    DamagedJournalError
        When a line is changed or missing, or its events do not fit each other.
    FileNotFoundError
        When there is none.
    """
    content = file.read_bytes()
    whole, ended, torn = content.rpartition(b"\n")
    if not ended:
        raise DamagedJournalError(f"expected {file} to begin with a seat, found nothing whole")
    head, seat, events = _BEGIN, None, 0
    try:
        for record in _records(whole.split(b"\n")):
            head = _linked(record, head)
            if seat is None:
                seat = seat_from(record["seat"])
            else:
                seat, events = apply(seat, event_from(record["event"])), events + 1
    except (ValueError, KeyError, TypeError, SeatError) as error:
        raise DamagedJournalError(
            f"expected {file} as it was written, found another line {events + 2}: {error}"
        ) from None
    if seat is None:
        raise DamagedJournalError(f"expected {file} to begin with a seat, found none")
    return Read(seat, head, events, len(whole) + 1, torn=bool(torn))


def events_after(file: Path, seq: int) -> list[tuple[Event, Seat]]:
    """Return the events of a whole journal beyond a seat's number, each with the seat after it."""
    first, *lines = file.read_bytes().rpartition(b"\n")[0].split(b"\n")
    seat, found = seat_from(json.loads(first)["seat"]), list[tuple[Event, Seat]]()
    for record in _records(lines):
        event = event_from(record["event"])
        seat = apply(seat, event)
        if seat.seq > seq:
            found.append((event, seat))
    return found


def begin_journal(file: Path, seat: Seat) -> str:
    """Write a new journal that begins with a seat, in place of what is there; return its head."""
    line, head = _line({"seat": seat_record(seat)}, _BEGIN)
    write_durably(file, line)
    return head


class Journal:
    """The one writer of a journal; opening it drops a line that was torn off."""

    def __init__(self, file: Path, read: Read) -> None:
        self._file = file
        self._handle = os.open(file, os.O_WRONLY | os.O_APPEND)
        os.ftruncate(self._handle, read.whole_bytes)
        self._head = read.head
        self.events = read.events

    def append(self, event: Event, *, durable: bool) -> None:
        """Write an event; it is there for a reader, and after a kill, when this returns.

        ``durable``: and after a power cut.

        Raises
        ------
        OSError
            When it cannot be written; the journal is as before.
        """
        line, head = _line({"event": event_record(event)}, self._head)
        size = os.fstat(self._handle).st_size
        written = 0
        try:
            while written < len(line):
                written += os.write(self._handle, line[written:])
            if durable:
                os.fsync(self._handle)
        except OSError:
            os.ftruncate(self._handle, size)
            raise
        self._head = head
        self.events += 1

    def close(self) -> None:
        """Let go of the file; safe to repeat."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


def _records(lines: list[bytes]) -> Iterator[dict[str, Any]]:
    for line in lines:
        yield json.loads(line)


def _line(content: dict[str, Any], before: str) -> tuple[bytes, str]:
    record = {**content, "before": before}
    hashed = sha256(_text(record)).hexdigest()
    return _text({**record, "hash": hashed}) + b"\n", hashed


def _linked(record: dict[str, Any], before: str) -> str:
    """Return the hash of a line that follows another."""
    told = str(record["hash"])
    rest = {name: value for name, value in record.items() if name != "hash"}
    if record["before"] != before or sha256(_text(rest)).hexdigest() != told:
        raise ValueError("its hash does not fit")
    return told


def _text(record: dict[str, Any]) -> bytes:
    return json.dumps(record, sort_keys=True, separators=(",", ":"), allow_nan=True).encode()
