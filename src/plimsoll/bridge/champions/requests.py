"""What a person asks of the models of a running bot, and what it answers: files of the seat."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from plimsoll.bridge.champions.whole_files import write_durably
from plimsoll.core import PlimsollError

REQUEST, ANSWER = "request.json", "answer.json"


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """A promotion of a version, or a rollback to the predecessor: by whom, and why."""

    act: Literal["promote", "rollback"]
    version: str
    reason: str
    by: str
    number: str = ""


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """What became of a request."""

    number: str
    done: bool
    text: str


def ask(folder: Path, request: ModelRequest) -> None:
    """Leave a request for the running bot; one that waits is replaced."""
    write_durably(folder / REQUEST, json.dumps(asdict(request)).encode())


def withdraw(folder: Path) -> bool:
    """Take a request back; return whether the bot had not taken it yet."""
    return _taken(folder) is not None


def take(folder: Path) -> ModelRequest | None:
    """Return a request and remove it; ``None`` without one.

    Raises
    ------
    PlimsollError
        When it is none; it is removed and has no effect.
    """
    content = _taken(folder)
    if content is None:
        return None
    try:
        values = json.loads(content)
        request = ModelRequest(**{name: str(value) for name, value in values.items()})  # type: ignore[arg-type]
    except (ValueError, TypeError, AttributeError) as error:
        raise PlimsollError(f"the request in {folder / REQUEST} cannot be read: {error}") from None
    if request.act not in ("promote", "rollback") or not request.reason.strip():
        raise PlimsollError(f"a request without act or reason in {folder / REQUEST} was refused")
    return request


def answer(folder: Path, given: ModelAnswer) -> None:
    """Leave the answer to a request."""
    write_durably(folder / ANSWER, json.dumps(asdict(given)).encode())


def answered(folder: Path, number: str) -> ModelAnswer | None:
    """Return the answer to a request; ``None`` while there is none."""
    try:
        found = ModelAnswer(**json.loads((folder / ANSWER).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None
    return found if found.number == number else None


def _taken(folder: Path) -> bytes | None:
    file = folder / REQUEST
    mine = file.with_name(f".{REQUEST}.{os.getpid()}.taken")
    try:
        file.replace(mine)  # of two that take it, the bot and who withdraws it, one does
    except FileNotFoundError:
        return None
    content = mine.read_bytes()
    mine.unlink()
    return content
