"""Append to files and replace them so that a kill or a full disk spoils nothing that was there."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from plimsoll.core import PlimsollError


@dataclass(slots=True)
class Appending:
    """A file that is open for appending, and how much of it is whole."""

    file: Path
    handle: int
    size: int = 0

    @classmethod
    def begun(cls, file: Path, header: bytes) -> "Appending":
        """Open a file with its first bytes; it is gone again when they cannot be written.

        Raises
        ------
        PlimsollError
            When it cannot be written.
        """
        try:
            made = cls(file, os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644))
        except OSError as error:
            raise unwritten(file, error) from error
        try:
            made.append(header)
        except PlimsollError:
            made.close()
            file.unlink(missing_ok=True)
            raise
        return made

    def append(self, content: bytes) -> None:
        """Append all of it or nothing.

        Raises
        ------
        PlimsollError
            When it cannot be written.
        """
        view = memoryview(content)
        try:
            while view:
                view = view[os.write(self.handle, view) :]
        except OSError as error:
            os.ftruncate(self.handle, self.size)
            raise unwritten(self.file, error) from error
        self.size += len(content)

    def sync(self) -> None:
        """Bring what was appended to the disk.

        Raises
        ------
        PlimsollError
            When it cannot be written.
        """
        try:
            os.fsync(self.handle)
        except OSError as error:
            raise unwritten(self.file, error) from error

    def close(self) -> None:
        """Close it as it is."""
        os.close(self.handle)


def append_line(file: Path, record: dict[str, Any]) -> None:
    """Append a line of JSON and bring it to the disk; half a line that was there goes first.

    Raises
    ------
    PlimsollError
        When it cannot be written.
    """
    try:
        handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            size = os.fstat(handle).st_size
            if size and os.pread(handle, 1, size - 1) != b"\n":
                size = os.pread(handle, size, 0).rfind(b"\n") + 1
                os.ftruncate(handle, size)
            lines = Appending(file, handle, size)
            lines.append(orjson.dumps(record) + b"\n")
            lines.sync()
        finally:
            os.close(handle)
    except OSError as error:
        raise unwritten(file, error) from error


def whole_lines(file: Path) -> list[bytes]:
    """Return the lines of a file that were written to their end; none when there is no file."""
    return file.read_bytes().split(b"\n")[:-1] if file.exists() else []


def replace_file(file: Path, content: bytes) -> None:
    """Give a file another content, whole or not at all.

    Raises
    ------
    PlimsollError
        When it cannot be written.
    """
    half = file.with_name(f".{file.name}.half")
    try:
        half.write_bytes(content)
        half.replace(file)
    except OSError as error:
        raise unwritten(file, error) from error


def unwritten(file: Path, error: OSError) -> PlimsollError:
    """Return the one line that says why a recording cannot go on."""
    reason = os.strerror(error.errno) if error.errno else str(error)
    return PlimsollError(
        f"cannot record to {file} ({reason}); what was recorded before is whole: make room and "
        "start the recorder again, it notes what it missed"
    )
