"""The event log as a file: one JSON line an event, flushed before the next action begins.

The events of one action are written at once, and all lines but the last say ``"more":true``: a
file that was cut anywhere holds whole actions once its tail is dropped. Each line ends with its
CRC-32, so that what a disk or a hand changed is seen.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zlib import crc32

import orjson

from plimsoll.core.errors import UsageError
from plimsoll.venue.account.events import Event, from_record, to_record

MORE, CHECKSUM = "more", "crc32"
_CHECKSUM_KEY = b',"crc32":'


class EventLog:
    """Append actions to a file; what a kill cut in the middle is dropped when it is opened."""

    def __init__(self, path: Path) -> None:
        """Open or create the file. Raises `UsageError` when it cannot be written."""
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _drop_cut_action(path)
            self._file = path.open("ab")
            self._size = os.fstat(self._file.fileno()).st_size
        except OSError as error:
            raise UsageError(f"cannot write the event log {path} ({error.strerror})") from error

    def append(self, *events: Event) -> None:
        """Write the events of one action.

        Raises `UsageError` when the disk does not take them, and when another venue has written
        to the file.
        """
        try:
            if os.fstat(self._file.fileno()).st_size != self._size:
                raise UsageError(f"another venue writes to the event log {self.path}; end one")
            self._size += self._file.write(_lines(events))
            self._file.flush()
        except OSError as error:
            raise UsageError(
                f"cannot write the event log {self.path} ({error.strerror})"
            ) from error

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _lines(events: Sequence[Event]) -> bytes:
    lines = []
    for place, event in enumerate(events, start=1):
        more = {MORE: True} if place < len(events) else {}
        whole = orjson.dumps({**to_record(event), **more})
        lines.append(b"%s%s%d}\n" % (whole[:-1], _CHECKSUM_KEY, crc32(whole)))
    return b"".join(lines)


def _drop_cut_action(path: Path) -> None:
    if not path.exists():
        return
    raw = path.read_bytes()
    whole = _whole_actions(raw)
    if len(whole) < len(raw):
        os.truncate(path, len(whole))


def _whole_actions(raw: bytes) -> bytes:
    """Return a log up to the end of its last action that is there as a whole."""
    end = raw.rfind(b"\n") + 1
    while end:
        start = raw.rfind(b"\n", 0, end - 1) + 1
        try:
            record = orjson.loads(raw[start:end])
        except orjson.JSONDecodeError:
            break
        if not isinstance(record, dict) or record.get(MORE) is not True:
            break
        end = start
    return raw[:end]


def read_events(path: Path) -> list[Event]:
    """Return the events of a log, oldest first; a last action without its end is left out.

    Raises `UsageError` when the file cannot be read, holds anything but events, or a line is not
    what its checksum says.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read the event log {path} ({error.strerror})") from error
    events = []
    for number, line in enumerate(_whole_actions(raw).splitlines(), start=1):
        label = f"line {number} of the event log {path}"
        try:
            record: Any = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise UsageError(f"{label} is no JSON: {error}") from None
        if not isinstance(record, dict):
            raise UsageError(f"{label} is no JSON object")
        record.pop(MORE, None)
        stored = record.pop(CHECKSUM, None)
        events.append(from_record(record))
        if stored != crc32(line.rpartition(_CHECKSUM_KEY)[0] + b"}"):
            raise UsageError(f"{label} is not what its checksum says: it was damaged or changed")
    return events
