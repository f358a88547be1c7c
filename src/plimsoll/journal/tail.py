"""The newest records of a decision log, and those that are written from now on."""

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plimsoll.journal.canonical import unsealed
from plimsoll.journal.files import decision_files, records_backwards
from plimsoll.journal.words import is_pair, pairs_of

_POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which records to show; no kinds means all."""

    kinds: frozenset[str] = frozenset()
    pair: str | None = None

    def takes(self, record: dict[str, Any]) -> bool:
        """Whether a record is among them."""
        if self.kinds and record["kind"] not in self.kinds:
            return False
        return self.pair is None or any(is_pair(self.pair, pair) for pair in pairs_of(record))


def newest_records(folder: Path, wanted: Wanted, count: int) -> tuple[list[dict[str, Any]], int]:
    """Return the newest ``count`` records, oldest first, and the number of the log's last one."""
    records: list[dict[str, Any]] = []
    newest = 0
    for record in records_backwards(folder):
        newest = newest or record["seq"]
        if len(records) >= count:
            break
        if wanted.takes(record):
            records.append(record)
    return records[::-1], newest


def follow_records(folder: Path, wanted: Wanted, after: int) -> Iterator[dict[str, Any]]:
    """Yield the records after number ``after``, without end, as they are written."""
    file: Path | None = None
    position = 0
    while True:
        files = decision_files(folder)
        if file is None:
            file = next(iter(files[-2:]), None)  # a new one may have begun since ``after``
        if file is None:
            time.sleep(_POLL_SECONDS)
            continue
        # Listed before it is read: a bot finishes a file before it begins the next.
        newer = [other for other in files if other.name > file.name]
        records, position = _records_from(file, position)
        for record in records:
            if record["seq"] > after:
                after = record["seq"]
                if wanted.takes(record):
                    yield record
        if newer:
            file, position = newer[0], 0
        else:
            time.sleep(_POLL_SECONDS)


def _records_from(file: Path, position: int) -> tuple[list[dict[str, Any]], int]:
    """Return the intact records after ``position``, and the end of the last complete line."""
    records = []
    with file.open("rb") as handle:
        handle.seek(position)
        for line in handle:
            if not line.endswith(b"\n"):
                break
            position += len(line)
            with suppress(ValueError):
                records.append(unsealed(line[:-1]))
    return records, position
