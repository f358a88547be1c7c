"""The event log as a file: one JSON line an event, flushed before the next one happens."""

import os
from pathlib import Path

import orjson

from plimsoll.core.errors import UsageError
from plimsoll.venue.account.events import Event, from_record, to_record


class EventLog:
    """Append events to a file; what a kill cut in the middle is dropped when it is opened."""

    def __init__(self, path: Path) -> None:
        """Open or create the file. Raises `UsageError` when it cannot be written."""
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _drop_cut_line(path)
            self._file = path.open("ab")
        except OSError as error:
            raise UsageError(f"cannot write the event log {path} ({error.strerror})") from error

    def append(self, event: Event) -> None:
        """Write one event; raises `UsageError` when the disk does not take it."""
        try:
            self._file.write(orjson.dumps(to_record(event)) + b"\n")
            self._file.flush()
        except OSError as error:
            raise UsageError(
                f"cannot write the event log {self.path} ({error.strerror})"
            ) from error

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _drop_cut_line(path: Path) -> None:
    if not path.exists():
        return
    raw = path.read_bytes()
    whole = raw.rfind(b"\n") + 1
    if whole < len(raw):
        os.truncate(path, whole)


def read_events(path: Path) -> list[Event]:
    """Return the events of a log, oldest first; a last line without its end is left out.

    Raises `UsageError` when the file cannot be read, or holds anything but events.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read the event log {path} ({error.strerror})") from error
    events = []
    for number, line in enumerate(raw[: raw.rfind(b"\n") + 1].splitlines(), start=1):
        try:
            record = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise UsageError(f"line {number} of the event log {path} is no JSON: {error}") from None
        if not isinstance(record, dict):
            raise UsageError(f"line {number} of the event log {path} is no JSON object")
        events.append(from_record(record))
    return events
