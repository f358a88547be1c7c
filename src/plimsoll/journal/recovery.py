"""Where a log continues: after its last intact record, with a torn line moved to its own file."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from plimsoll.journal.canonical import unsealed
from plimsoll.journal.files import GENESIS, decision_files, lines_backwards, unended


@dataclass(frozen=True, slots=True)
class Continuation:
    """What the next record follows.

    Attributes
    ----------
    seq, head
        Sequence number and hash of the last intact record; 0 and zeros for a new log.
    newest
        The newest daily file; ``None`` for a new log.
    recovery
        Fields of the record that reports damage; ``None`` when there is none.
    """

    seq: int
    head: str
    newest: Path | None
    recovery: dict[str, Any] | None


def recover(folder: Path) -> Continuation:
    """Find the end of a log's chain; move what a crash left of a line into a ``.torn`` file.

    Complete lines after it that are no records stay where they are, for ``verify`` to find.
    """
    seq, head, damaged = _last_intact(folder)
    newest = _set_torn_lines_aside(folder, seq + 1)
    torn = [
        {"file": file.name, "bytes": file.stat().st_size, "sha256": _digest(file)}
        for file in _set_aside_before(folder, seq + 1)
    ]
    recovery = {"files": torn, "damaged_lines": damaged} if torn or damaged else None
    return Continuation(seq, head, newest, recovery)


def _last_intact(folder: Path) -> tuple[int, str, int]:
    damaged = 0
    for line in _every_line_backwards(folder):
        try:
            record = unsealed(line)
        except ValueError:
            damaged += 1
            continue
        return record["seq"], record["hash"], damaged
    return 0, GENESIS, damaged


def _every_line_backwards(folder: Path) -> Iterator[bytes]:
    for file in reversed(decision_files(folder)):
        yield from lines_backwards(file)


def _set_torn_lines_aside(folder: Path, seq: int) -> Path | None:
    """Return the newest file, which then ends with a complete line."""
    for file in reversed(decision_files(folder)):
        torn = unended(file)
        if torn:
            _keep(torn, folder, f"{file.stem}.{seq}")
            os.truncate(file, file.stat().st_size - len(torn))
        if file.stat().st_size > 0:
            return file
        file.unlink()
    return None


def _keep(torn: bytes, folder: Path, stem: str) -> None:
    """Write once: a crash in the middle of a recovery repeats it."""
    number = 1
    while (kept := folder / f"{stem}.{number}.torn").exists():
        if kept.read_bytes() == torn:
            return
        number += 1
    half = kept.with_suffix(".half")
    with half.open("wb") as handle:
        handle.write(torn)
        handle.flush()
        os.fsync(handle.fileno())
    half.replace(kept)


def _set_aside_before(folder: Path, seq: int) -> list[Path]:
    return sorted(folder.glob(f"*.{seq}.*.torn"))


def _digest(file: Path) -> str:
    return sha256(file.read_bytes()).hexdigest()
