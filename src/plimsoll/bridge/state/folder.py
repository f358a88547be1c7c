"""What a person says to a bot, and it to them, in files of the user folder."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from plimsoll.core import PlimsollError

HALT = "halt"
RESUME = "resume.json"
ACCEPT = "accept-looser.json"
STATUS = "status.json"
DECISIONS = "decisions"


class Request(NamedTuple):
    """What a person asks of a running bot: why, who, whether beyond the terminal drawdown."""

    reason: str
    by: str
    beyond_terminal: bool = False


class StateFolder:
    """The folder of one bot: flag file, re-arming, status and decision log.

    The flag file ``halt`` halts the bot for as long as it exists; what it holds is the reason,
    so ``touch`` is enough.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def decisions(self) -> Path:
        """The folder of the decision log."""
        return self.path / DECISIONS

    def halt_reason(self) -> str | None:
        """Return the reason in the flag file, ``None`` when there is none.

        A flag that cannot be read halts as well.
        """
        try:
            return (self.path / HALT).read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            return f"the flag file {self.path / HALT} cannot be read: {error}"

    def set_halt(self, reason: str) -> None:
        """Raise the flag."""
        self._write(HALT, reason.encode() + b"\n")

    def clear_halt(self) -> None:
        """Take the flag down; nothing happens when there is none."""
        (self.path / HALT).unlink(missing_ok=True)

    def ask_to_resume(self, reason: str, by: str, *, beyond_terminal: bool = False) -> None:
        """Leave the request to re-arm, for the running bot to take."""
        request = Request(reason, by, beyond_terminal)
        self._write(RESUME, orjson.dumps(request._asdict()))

    @property
    def resume_is_waiting(self) -> bool:
        """Whether a request to re-arm was not taken yet."""
        return (self.path / RESUME).exists()

    def take_resume(self) -> Request | None:
        """Return a request to re-arm and remove it; ``None`` without one.

        Raises
        ------
        PlimsollError
            When the request is not one; it is removed and re-arms nothing.
        """
        return self._take(RESUME)

    def ask_to_accept(self, reason: str, by: str) -> None:
        """Leave the request to accept looser limits, for the running bot to take."""
        self._write(ACCEPT, orjson.dumps({"reason": reason, "by": by}))

    @property
    def acceptance_is_waiting(self) -> bool:
        """Whether a request to accept looser limits was not taken yet."""
        return (self.path / ACCEPT).exists()

    def take_acceptance(self) -> tuple[str, str] | None:
        """Return who accepts looser limits, and why; ``None`` without a request.

        Raises
        ------
        PlimsollError
            When the request is not one; it is removed and accepts nothing.
        """
        request = self._take(ACCEPT)
        return None if request is None else (request.reason, request.by)

    def _take(self, name: str) -> Request | None:
        """Return a request and remove it; ``None`` without one.

        Raises
        ------
        PlimsollError
            When the request is not one; it is removed and has no effect.
        """
        file = self.path / name
        taken = file.with_name(f".{name}.{os.getpid()}.taken")
        try:
            file.replace(taken)  # of two that take it, the bot and who withdraws it, one does
        except FileNotFoundError:
            return None
        content = taken.read_bytes()
        taken.unlink()
        try:
            request = orjson.loads(content)
            reason, by = request["reason"].strip(), request["by"].strip()
            beyond_terminal = request.get("beyond_terminal", False) is True
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
            raise PlimsollError(f"the request in {file} cannot be read: {error}") from None
        if not reason:
            raise PlimsollError(f"a request without a reason in {file} was refused")
        return Request(reason, by, beyond_terminal)

    def write_status(self, status: Mapping[str, Any]) -> None:
        """Replace the status that ``plimsoll status`` reads."""
        self._write(STATUS, orjson.dumps(status, default=str, option=orjson.OPT_INDENT_2))

    def status(self) -> dict[str, Any] | None:
        """Return the last status, ``None`` when no bot ever wrote one."""
        written = self.written_status()
        return None if written is None else written[0]

    def written_status(self) -> tuple[dict[str, Any], float] | None:
        """Return the last status and when it was written, in seconds since 1970.

        Both of one file: a bot that writes meanwhile does not make an old status look new.
        """
        try:
            with (self.path / STATUS).open("rb") as file:
                written_at = os.fstat(file.fileno()).st_mtime
                status = orjson.loads(file.read())
        except (FileNotFoundError, orjson.JSONDecodeError):
            return None
        return (status, written_at) if isinstance(status, dict) else None

    def _write(self, name: str, content: bytes) -> None:
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = self.path / name
        part = file.with_name(f".{name}.{os.getpid()}")
        part.write_bytes(content)
        part.replace(file)


def state_folder_of(config: Mapping[str, Any], setting: str) -> StateFolder:
    """Return the folder that a config names; ``plimsoll/`` in the user folder by default."""
    user = Path(config.get("user_data_dir", "user_data"))
    return StateFolder(user / (setting or "plimsoll"))
