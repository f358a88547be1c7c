"""The file that a backup is: what it says of itself first, then all else, checked by hash."""

import gzip
import hashlib
import os
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import orjson

from plimsoll.core import PlimsollError, UsageError

FORMAT = 1
MANIFEST, DATABASE, STATE = "manifest.json", "database.sqlite", "state"
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup says of itself.

    Attributes
    ----------
    format
        The version of the backup's own layout.
    made_at
        When it was begun, UTC.
    plimsoll, freqtrade
        The versions that wrote what is in it.
    account
        Whose it is, as `plimsoll.bridge.state.identity.Account`; ``None`` when nothing says so.
    exchange, market, live
        The account's kind: a backup goes back to an account of the same kind alone.
    while_running
        Whether a guarded bot was running.
    log_records, log_head, log_fault
        How many records its decision log has, the hash of the last, and what is wrong with it.
    held
        What held the bot, in words.
    files
        Size in bytes and SHA-256 of each file in it, by name.
    """

    format: int
    made_at: str
    plimsoll: str
    freqtrade: str
    account: Mapping[str, Any] | None
    exchange: str
    market: str
    live: bool
    while_running: bool
    log_records: int
    log_head: str
    log_fault: str | None
    held: tuple[str, ...]
    files: Mapping[str, tuple[int, str]]


def read_manifest(file: Path) -> Manifest:
    """Return what a backup says of itself, without unpacking or checking the rest.

    Raises
    ------
    UsageError
        When the file is no backup.
    """
    try:
        with tarfile.open(file, "r:gz") as archive:
            first = archive.next()
            content = None if first is None else archive.extractfile(first)
            if first is None or first.name != MANIFEST or content is None:
                raise UsageError(f"{file} is no backup of plimsoll's: it has no manifest")
            fields = orjson.loads(content.read())
    except FileNotFoundError:
        raise UsageError(f"expected a backup at {file}, found none") from None
    except (tarfile.TarError, EOFError, zlib.error, orjson.JSONDecodeError, OSError) as error:
        raise UsageError(f"{file} is no backup of plimsoll's: {error}") from None
    return _manifest_of(fields, file)


def _manifest_of(fields: Any, file: Path) -> Manifest:
    if not isinstance(fields, dict) or fields.get("format") != FORMAT:
        found = fields.get("format") if isinstance(fields, dict) else fields
        raise UsageError(
            f"expected a backup in format {FORMAT}, found {found!r} in {file}; restore it with the "
            "version of plimsoll that made it"
        )
    try:
        files = {str(name): (int(one[0]), str(one[1])) for name, one in fields["files"].items()}
        return Manifest(**{**fields, "held": tuple(fields["held"]), "files": files})
    except (TypeError, KeyError, ValueError, AttributeError, IndexError) as error:
        raise UsageError(f"the manifest of {file} cannot be read: {error}") from None


@contextmanager
def unpacked(file: Path, beside: Path) -> Iterator[tuple[Path, Manifest]]:
    """Unpack a backup beside where it goes, and check each file of it.

    Raises
    ------
    UsageError
        When the file is no backup.
    PlimsollError
        When it is damaged, or holds what its manifest does not know.
    """
    manifest = read_manifest(file)
    with tempfile.TemporaryDirectory(dir=beside, prefix=".restore-") as name:
        work = Path(name)
        try:
            with tarfile.open(file, "r:gz") as archive:
                for member in archive:
                    _take_out(archive, member, work, manifest, file)
        except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise PlimsollError(f"{file} is damaged: {error}; take another backup") from None
        missing = [one for one in manifest.files if not (work / one).is_file()]
        if missing:
            raise PlimsollError(f"{file} is damaged: {missing[0]} is missing; take another backup")
        yield work, manifest


def _take_out(
    archive: tarfile.TarFile, member: tarfile.TarInfo, work: Path, manifest: Manifest, file: Path
) -> None:
    if member.name == MANIFEST:
        return
    known = manifest.files.get(member.name)
    safe = ".." not in PurePosixPath(member.name).parts and not member.name.startswith("/")
    content = archive.extractfile(member) if member.isfile() else None
    if known is None or not safe or content is None:
        raise PlimsollError(f"{file} holds {member.name!r}, which its manifest does not know")
    target = work / member.name
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as handle:
        shutil.copyfileobj(content, handle)
    if (target.stat().st_size, digest(target)) != known:
        raise PlimsollError(
            f"{file} is damaged: {member.name} is not what its manifest says; take another backup"
        )


def digest(file: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    known = hashlib.sha256()
    with file.open("rb") as handle:
        while chunk := handle.read(_CHUNK_BYTES):
            known.update(chunk)
    return known.hexdigest()


def synced(file: Path) -> None:
    """Wait until the disk has a file, or a folder's list of files."""
    handle = os.open(file, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def files_in(work: Path) -> Iterator[Path]:
    """Yield the files of a folder, and of the folders in it, in order."""
    yield from sorted(file for file in work.rglob("*") if file.is_file())


def archive(work: Path, file: Path) -> None:
    """Pack a folder with its manifest into a file, in one move."""
    with new_file(file) as part, tarfile.open(part, "w:gz", compresslevel=6) as packed:
        # The manifest first, so that a look at it does not unpack the rest.
        for one in sorted(files_in(work), key=lambda one: one.name != MANIFEST):
            packed.add(one, one.relative_to(work).as_posix(), recursive=False)


@contextmanager
def new_file(file: Path) -> Iterator[Path]:
    """Yield the name for a part, which becomes the file, for its owner alone, in one move."""
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        part.touch(mode=0o600)
        yield part
        synced(part)
        part.replace(file)
        synced(file.parent)
    finally:
        part.unlink(missing_ok=True)
