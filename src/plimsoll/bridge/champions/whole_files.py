"""Files that are there whole or not at all, also after a kill or a power cut."""

import os
import shutil
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

_CHUNK_BYTES = 1 << 20


def write_durably(file: Path, content: bytes) -> None:
    """Replace a file: temporary file, fsync, rename, fsync of the folder."""
    part = file.with_name(f".{file.name}.{os.getpid()}")
    with part.open("wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    part.replace(file)
    sync_folder(file.parent)


def sync_folder(folder: Path) -> None:
    """Bring a folder's entries to the disk, where the system can."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_files(files: Iterable[Path]) -> None:
    """Bring files to the disk."""
    for file in files:
        with file.open("rb") as handle:
            os.fsync(handle.fileno())


def sha256_of(file: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits."""
    digest = sha256()
    with file.open("rb") as handle:
        while chunk := handle.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def remove_folder(folder: Path) -> None:
    """Remove a folder and what is in it; nothing happens when it is not there."""
    shutil.rmtree(folder, ignore_errors=True)
