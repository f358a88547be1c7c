"""Hashes of values and files, and records that carry their own."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SEAL = "sha256"
"""The member of a record that holds the hash of the others."""


def digest(value: Any) -> str:
    """Return the SHA-256 of a value as JSON: sorted keys, no spaces, so that layout is nothing."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def bytes_hash(content: bytes) -> str:
    """Return the SHA-256 of bytes."""
    return hashlib.sha256(content).hexdigest()


def file_hash(file: Path) -> str:
    """Return the SHA-256 of a file; raises `OSError` when it cannot be read."""
    return bytes_hash(file.read_bytes())


def with_seal(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record with the hash of all that it says; an earlier one is replaced."""
    told = {key: value for key, value in record.items() if key != SEAL}
    return {**told, SEAL: digest(told)}


def seal_fault(record: Mapping[str, Any]) -> str | None:
    """Return what is wrong with a record's seal; ``None`` when it is whole."""
    seal = record.get(SEAL)
    if not isinstance(seal, str):
        return "it has no seal"
    if digest({key: value for key, value in record.items() if key != SEAL}) != seal:
        return "it was changed by hand: its content does not give its seal"
    return None
