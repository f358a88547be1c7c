"""What the bots of a fleet leave for each other: reports, levels, halts and re-armings.

A file has one writer and is replaced in one move, so nobody waits for anybody and a kill leaves all
of the old or of the new. A halt is a file that nobody changes; a re-arming is another one that
names it. A halt that cannot be read is one.
"""

import os
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from filelock import FileLock, Timeout

from plimsoll.core import PlimsollError

REPORT, BOOKS, LEVELS, HALT, REARM = "report", "books", "levels", "halt", "rearm"
OWNER = "fleet"
"""The file that says whose folder it is."""
_LOCK_SECONDS = 1.0
_claimed: dict[Path, FileLock] = {}
_IN_TEXT = re.compile(r"\[([0-9a-f]{12})\]")


@dataclass(frozen=True, slots=True)
class FleetHalt:
    """One halt of all bots: its number, who saw why, and when."""

    id: str
    at: str
    by: str
    reason: str
    value: float | None = None
    limit: float | None = None

    def words(self, fleet: str) -> str:
        """Return why each bot is halted; the number first, which a lock's text has room for."""
        return f"fleet {fleet} [{self.id}], by {self.by}: {self.reason}"


@dataclass(frozen=True, slots=True)
class FleetRearm:
    """One re-arming of all bots by a person: the halts that it ends."""

    id: str
    at: str
    by: str
    reason: str
    ends: tuple[str, ...]


def halt_in(text: str) -> str | None:
    """Return the number of the halt that a bot's own record names; ``None`` without one."""
    found = _IN_TEXT.search(text)
    return None if found is None else found.group(1)


def release() -> None:
    """Let other processes write for the bots of this one; a process that ends does so anyway."""
    for file in [*_claimed]:
        _claimed.pop(file).release()


class FleetFolder:
    """The folder that the bots of one fleet share."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def claim(self, bot: str, fleet: str) -> None:
        """Be the one process that writes for a bot, until it ends.

        Raises
        ------
        PlimsollError
            When another process does, or the folder is another fleet's, whose halts would be ended
            with this one's.
        OSError
            When the folder cannot be written.
        """
        file = self.path.resolve() / f"{bot}.lock"
        if file in _claimed:  # by this very bot, before it has reloaded its config
            return
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._require_own(fleet)
        lock = FileLock(file, timeout=_LOCK_SECONDS, thread_local=False)
        try:
            lock.acquire()
        except Timeout:
            raise PlimsollError(
                f"expected to be the only bot that is {bot} of the fleet in {self.path}, found "
                "another one running; give each bot a name of its own in plimsoll.fleet.bot"
            ) from None
        _claimed[file] = lock

    # Reports and levels: the last of each bot

    def write(self, kind: str, bot: str, values: Mapping[str, Any]) -> None:
        """Replace what a bot says; `OSError` where that cannot be written."""
        self._write(f"{kind}-{bot}.json", orjson.dumps(values, default=str), durable=False)

    def read(self, kind: str, bot: str) -> dict[str, Any] | None:
        """Return what a bot said last, ``None`` when it never did.

        Raises
        ------
        ValueError, OSError
            When it cannot be read.
        """
        try:
            content = (self.path / f"{kind}-{bot}.json").read_bytes()
        except FileNotFoundError:
            return None
        values = orjson.loads(content)
        if not isinstance(values, dict):
            raise ValueError(f"expected an object, found {type(values).__name__}")  # noqa: TRY004 - as bad as any other content
        return values

    # The latch

    def raise_halt(
        self,
        at: datetime,
        by: str,
        reason: str,
        *,
        value: float | None = None,
        limit: float | None = None,
        halt_id: str | None = None,
    ) -> FleetHalt:
        """Halt all bots; it is on the disk when this returns.

        Raises
        ------
        OSError
            When it could not be written.
        """
        halt = FleetHalt(halt_id or secrets.token_hex(6), at.isoformat(), by, reason, value, limit)
        self._write(f"{HALT}-{halt.id}.json", orjson.dumps(asdict(halt)), durable=True)
        return halt

    def rearm(self, at: datetime, by: str, reason: str) -> FleetRearm | None:
        """End every halt that is up, on record; ``None`` when none was.

        Raises
        ------
        OSError
            When it could not be written; nothing ends then.
        """
        ends = tuple(one.id for one in self.halts())
        if not ends:
            return None
        done = FleetRearm(secrets.token_hex(6), at.isoformat(), by, reason, ends)
        name = f"{REARM}-{at:%Y%m%dT%H%M%S%f}-{done.id}.json"
        self._write(name, orjson.dumps(asdict(done)), durable=True)
        return done

    def halts(self) -> list[FleetHalt]:
        """Return the halts that no person has ended, oldest first.

        Raises
        ------
        OSError
            When the folder is there and cannot be listed: it may hold a halt.
        """
        ended = {number for one in self.rearms() for number in one.ends}
        found = [self._halt(file) for file in self._files(HALT)]
        return sorted((one for one in found if one.id not in ended), key=lambda one: one.at)

    def rearms(self) -> list[FleetRearm]:
        """Return the re-armings, oldest first; one that cannot be read ends nothing."""
        return list(self._rearms())

    @property
    def epoch(self) -> str:
        """The last re-arming's number, from which losses are measured; empty before the first."""
        return next((one.id for one in reversed(self.rearms())), "")

    def _rearms(self) -> Iterator[FleetRearm]:
        for file in self._files(REARM):
            with suppress(OSError, ValueError, TypeError, KeyError):
                values = orjson.loads(file.read_bytes())
                ends = values["ends"]
                if isinstance(ends, list):  # of a text each letter would be one
                    yield FleetRearm(**{**values, "ends": tuple(map(str, ends))})

    def _files(self, kind: str) -> list[Path]:
        """Return the files of a kind by name; `glob` would find none where it may not look."""
        try:
            files = sorted(self.path.iterdir())
        except FileNotFoundError:
            return []
        return [one for one in files if one.match(f"{kind}-*.json")]

    def _require_own(self, fleet: str) -> None:
        file = self.path / OWNER
        try:
            whose = file.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            self._write(OWNER, f"{fleet}\n".encode(), durable=True)
            return
        except UnicodeDecodeError:
            whose = "unreadable"
        if whose != fleet:
            raise PlimsollError(
                f"expected the folder {self.path} to be that of the fleet {fleet}, found that of "
                f"{whose}; give each fleet a folder of its own, or remove {file} if it was renamed"
            )

    def _halt(self, file: Path) -> FleetHalt:
        number = file.stem.partition("-")[2]
        try:
            values = orjson.loads(file.read_bytes())
            for name in ("at", "by", "reason"):
                if not isinstance(values[name], str):
                    raise TypeError(f"{name} is {values[name]!r}")
            return FleetHalt(**{**values, "id": number})
        except (OSError, ValueError, TypeError, KeyError) as error:
            return FleetHalt(number, "", "an unknown bot", f"{file.name} cannot be read: {error}")

    def _write(self, name: str, content: bytes, *, durable: bool) -> None:
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = self.path / f".{name}.{os.getpid()}"
        with part.open("wb") as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        part.replace(self.path / name)
        if durable:
            with _opened(self.path) as folder:
                os.fsync(folder)


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        yield handle
    finally:
        os.close(handle)
