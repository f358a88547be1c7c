"""Lay the shipped strategies, models, configs and losses out in a user's folder."""

import hashlib
import json
import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from freqtrade.configuration.directory_operations import create_userdata_dir
from freqtrade.exceptions import OperationalException

from plimsoll.bundle import user_data_folder
from plimsoll.core import PlimsollError, UsageError

KINDS = ("strategies", "freqaimodels", "config", "hyperopts")
RECORD = ".plimsoll-init.json"


class Outcome(StrEnum):
    """What became of one file."""

    NEW = "new"
    SAME = "same"
    UPDATED = "updated"
    KEPT = "kept"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class LaidFile:
    """One file of the bundle and what became of it in the user's folder."""

    name: str
    outcome: Outcome


def lay_out(folder: Path, *, replace_changed: bool = False) -> list[LaidFile]:
    """Copy the bundle into ``folder``; never overwrite what its owner changed.

    A file that the owner did not touch since the last call is brought up to date. A changed
    one is kept, unless ``replace_changed``: then it is saved as ``NAME.bak`` first.

    Raises
    ------
    UsageError
        When ``folder`` or one of its folders is a file, or cannot be written.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"expected a folder for --userdir, found the file {folder}")
    try:
        create_userdata_dir(str(folder), create_dir=True)
        for kind in ("protections", "pairlists"):
            (folder / "plugins" / kind).mkdir(parents=True, exist_ok=True)
        record = _read_record(folder / RECORD)
        laid = [
            _lay_file(source, folder, record, replace_changed=replace_changed)
            for kind in KINDS
            for source in sorted(user_data_folder(kind).iterdir())
            if source.is_file() and not source.name.startswith(".")
        ]
        _write(folder / RECORD, json.dumps(record, indent=1, sort_keys=True).encode() + b"\n")
    except (OSError, OperationalException) as error:
        raise UsageError(f"expected a folder that can be written, found {error}") from error
    return laid


def _lay_file(
    source: Path, folder: Path, record: dict[str, str], *, replace_changed: bool
) -> LaidFile:
    name = f"{source.parent.name}/{source.name}"
    target, wanted = folder / name, source.read_bytes()
    outcome = Outcome.NEW
    if target.exists():
        current = target.read_bytes()
        if current == wanted:
            outcome = Outcome.SAME
        elif record.get(name) == _hash(current):
            outcome = Outcome.UPDATED
        elif replace_changed:
            outcome = Outcome.REPLACED
            _write(target.with_name(f"{target.name}.bak"), current)
        else:
            return LaidFile(name, Outcome.KEPT)
    if outcome is not Outcome.SAME:
        _write(target, wanted)
    record[name] = _hash(wanted)
    return LaidFile(name, outcome)


def _read_record(file: Path) -> dict[str, str]:
    if not file.exists():
        return {}
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        return {str(name): str(digest) for name, digest in record.items()}
    except (ValueError, AttributeError) as error:
        raise PlimsollError(
            f"expected {file} to hold file hashes, found {error}; remove it: unchanged files will "
            "then be reported as kept"
        ) from error


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _write(file: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    half = file.with_name(f".{file.name}.half")
    half.write_bytes(content)
    os.replace(half, file)  # noqa: PTH105 - replaces across an existing file on every system
