"""Is a decision log complete and unchanged, up to a head hash noted elsewhere?"""

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from plimsoll.journal.canonical import unsealed
from plimsoll.journal.files import GENESIS, decision_files, torn_files
from plimsoll.journal.kind import Kind

_WRITING_SECONDS = 2.0
"""How long a line without a line end may still be in the middle of being written."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Where a log is not whole, and why; ``line`` counts from 1, ``None`` for a whole file."""

    file: str
    line: int | None
    what: str


@dataclass(slots=True)
class Verification:
    """What a check of a log found; it ends at the first fault.

    ``recoveries`` counts the crashes after which the log was continued; ``torn_files`` the
    torn lines they left, with the hashes that the log recorded.
    """

    records: int = 0
    files: int = 0
    recoveries: int = 0
    torn_files: dict[str, str] = field(default_factory=dict)
    first_at: str | None = None
    last_at: str | None = None
    head: str = GENESIS
    fault: Fault | None = None

    def as_record(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {"whole": self.fault is None, **asdict(self)}


def verify(folder: Path, *, head: str | None = None) -> Verification:
    """Read a whole log and check its chain; a bot may be writing it.

    Parameters
    ----------
    folder
        Where the daily files are.
    head
        A hash, or its beginning, that the log once had: without it a log whose end was cut off
        passes.
    """
    verification = Verification()
    seen_head = False
    for file in decision_files(folder):
        before = verification.records
        for number, line in _numbered_lines(file):
            record = _check(
                verification, file, number, line, is_first=verification.records == before
            )
            if record is None:
                return verification
            seen_head = seen_head or (head is not None and record["hash"].startswith(head))
        verification.files += 1
    verification.fault = _fault_of_torn_files(folder, verification)
    if verification.fault is None and verification.records == 0:
        verification.fault = Fault(str(folder), None, "there is no record")
    if verification.fault is None and head is not None and not seen_head:
        what = f"no record has the hash {head}: the end of the log is missing, or it is another log"
        verification.fault = Fault(str(folder), None, what)
    return verification


def _check(
    verification: Verification, file: Path, number: int, line: bytes, *, is_first: bool
) -> dict[str, Any] | None:
    """Take one line into the account, or set the fault and return ``None``."""
    try:
        if not line.endswith(b"\n"):
            raise ValueError("the line is torn: it has no end (a bot that starts sets it aside)")
        record = unsealed(line[:-1])
        _check_place(verification, file, record, is_first=is_first)
    except ValueError as error:
        verification.fault = Fault(file.name, number, str(error))
        return None
    verification.records += 1
    verification.first_at = verification.first_at or record["at"]
    verification.last_at, verification.head = record["at"], record["hash"]
    if record.get("kind") == Kind.RECOVERY:
        verification.recoveries += 1
        verification.torn_files |= {
            torn["file"]: torn["sha256"] for torn in record.get("files", ())
        }
    return record


def _check_place(
    verification: Verification, file: Path, record: dict[str, Any], *, is_first: bool
) -> None:
    expected, seq = verification.records + 1, record["seq"]
    if seq > expected:
        missing = f"{expected} to {seq - 1}" if seq - expected > 1 else str(expected)
        where = "before this file: a file, or the end of the one before" if is_first else "here"
        raise ValueError(f"record {missing} is missing {where}")
    if seq < expected:
        raise ValueError(f"record {seq} is out of order or a repetition, expected {expected}")
    if record.get("previous") != verification.head:
        raise ValueError(f"record {seq} does not follow the record before it")
    if is_first and record["at"][:10] != file.stem:
        raise ValueError(f"the file's first record is of {record['at'][:10]}: it was renamed")


def _numbered_lines(file: Path) -> Iterator[tuple[int, bytes]]:
    with file.open("rb") as handle:
        number = 0
        while line := handle.readline():
            number += 1
            deadline = time.monotonic() + _WRITING_SECONDS
            while not line.endswith(b"\n") and time.monotonic() < deadline:
                time.sleep(0.01)
                line += handle.readline()
            yield number, line


def _fault_of_torn_files(folder: Path, verification: Verification) -> Fault | None:
    for name, digest in verification.torn_files.items():
        file = folder / name
        if not file.is_file():
            return Fault(name, None, "this file with a torn line is missing")
        if sha256(file.read_bytes()).hexdigest() != digest:
            return Fault(name, None, "this file with a torn line was changed")
    for file in torn_files(folder):
        if file.name not in verification.torn_files:
            return Fault(file.name, None, "no record tells of this torn line")
    return None
