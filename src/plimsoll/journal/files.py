"""The daily files of a decision log, read forwards and backwards while a bot may be writing."""

import re
from collections.abc import Iterable, Iterator
from os import SEEK_END
from pathlib import Path
from typing import Any

from plimsoll.core import UsageError
from plimsoll.journal.canonical import unsealed

FOLDER = Path("plimsoll/decisions")
"""Where a bot keeps its log, in Freqtrade's user folder."""

GENESIS = "0" * 64
"""What the first record of a log has in place of a previous hash."""

_DAILY = re.compile(r"\d{4}-\d\d-\d\d\.jsonl")
_CHUNK_BYTES = 1 << 16


def decision_files(folder: Path) -> list[Path]:
    """Return the daily files, oldest first."""
    return sorted(file for file in folder.glob("*.jsonl") if _DAILY.fullmatch(file.name))


def torn_files(folder: Path) -> list[Path]:
    """Return the files that hold what a crash left of a line."""
    return sorted(folder.glob("*.torn"))


def existing_log(folder: Path) -> Path:
    """Return the folder of a log.

    Raises
    ------
    UsageError
        When there is none.
    """
    if not folder.is_dir():
        raise UsageError(
            f"expected a decision log at {folder}, found none; "
            "name the bot's user folder with --userdir, or the log's own with --folder"
        )
    return folder


def lines(file: Path) -> Iterator[bytes]:
    """Yield the complete lines of a file, without their ends; a line being written is left out."""
    with file.open("rb") as handle:
        for line in handle:
            if line.endswith(b"\n"):
                yield line[:-1]


def unended(file: Path) -> bytes:
    """Return what follows the last line's end: a line being written, or one that a crash tore."""
    size, length = file.stat().st_size, 1 << 16
    with file.open("rb") as handle:
        while True:
            handle.seek(max(0, size - length))
            before, ended, rest = handle.read().rpartition(b"\n")
            if ended or length >= size:
                return rest if ended else before + rest
            length *= 4


def lines_backwards(file: Path) -> Iterator[bytes]:
    """Yield the complete lines of a file from the last to the first, without their ends."""
    with file.open("rb") as handle:
        position = handle.seek(0, SEEK_END)
        rest, ended = b"", False
        while position > 0:
            start = max(0, position - _CHUNK_BYTES)
            handle.seek(start)
            rest, *whole = (handle.read(position - start) + rest).split(b"\n")
            position = start
            if whole and not ended:
                whole.pop()  # what follows the end of the last line
                ended = True
            yield from reversed(whole)
        if ended:
            yield rest


def records_backwards(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the intact records of a log from the newest to the oldest."""
    for file in reversed(decision_files(folder)):
        for line in lines_backwards(file):
            try:
                yield unsealed(line)
            except ValueError:
                continue


def newest_of(folder: Path, kinds: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield the intact records of some kinds from the newest to the oldest.

    Only lines that may be of these kinds are parsed: most of a log are others.
    """
    wanted = {str(kind): f'"kind":"{kind}"'.encode() for kind in kinds}
    for file in reversed(decision_files(folder)):
        for line in lines_backwards(file):
            if not any(text in line for text in wanted.values()):
                continue
            try:
                record = unsealed(line)
            except ValueError:
                continue
            if record.get("kind") in wanted:
                yield record


def last(folder: Path, kind: str) -> dict[str, Any] | None:
    """Return the newest record of a kind, or ``None``."""
    return next(newest_of(folder, [kind]), None)
