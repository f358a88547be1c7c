"""The files of trained models: a folder a version, written once and never changed."""

import json
import os
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from plimsoll.bridge.champions.whole_files import (
    remove_folder,
    sha256_of,
    sync_files,
    sync_folder,
    write_durably,
)
from plimsoll.champions.seat import Version
from plimsoll.core import PlimsollError

MANIFEST = "version.json"
_NAME = re.compile(r"v\d{4,}")
_STAGING = ".new-"


class DamagedVersionError(PlimsollError):
    """A version's files are gone, changed or not its own."""


@dataclass(frozen=True, slots=True)
class Made:
    """What a training says of its model: the data that it has seen, and when it ended.

    ``about`` is plain values: measures, features, code and libraries, whatever a model may be
    refused for.
    """

    trained_from: datetime
    seen_until: datetime
    trained_at: datetime
    about: Mapping[str, Any]


class VersionFolder:
    """The versions of one seat, in a folder of its own. One process writes it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def store(self, made: Made, write: Callable[[Path], None]) -> Version:
        """Let ``write`` fill a folder, seal it under the next name, and return the version.

        The folder is written beside the others and renamed when all of it is on the disk: a kill
        leaves a whole version or one that `clear` removes.

        Raises
        ------
        PlimsollError
            When nothing was written, or more than plain files.
        """
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = self._next_name()
        staging = self.path / f"{_STAGING}{name}-{os.getpid()}"
        remove_folder(staging)
        staging.mkdir(mode=0o700)
        try:
            write(staging)
            files = _hashes(staging)
            if not files:
                raise PlimsollError(f"expected the files of model {name}, found none")
            version = Version(
                name,
                _digest(files),
                _utc(made.trained_from),
                _utc(made.seen_until),
                _utc(made.trained_at),
            )
            manifest = {
                "name": name,
                "sha256": version.sha256,
                "trained_from": version.trained_from.isoformat(),
                "seen_until": version.seen_until.isoformat(),
                "trained_at": version.trained_at.isoformat(),
                "files": files,
                "about": dict(made.about),
            }
            text = json.dumps(manifest, indent=1, default=str)
            write_durably(staging / MANIFEST, text.encode())
            sync_files(staging / one for one in files)
            for one in (*files, MANIFEST):
                (staging / one).chmod(0o400)
            sync_folder(staging)
            staging.replace(self.path / name)
            sync_folder(self.path)
        except BaseException:
            remove_folder(staging)
            raise
        return version

    def verified(self, version: Version) -> Path:
        """Return the folder of a version whose files are as they were stored.

        Raises
        ------
        DamagedVersionError
            When one is missing, changed or added, or they are another model's.
        """
        folder = self.path / version.name
        manifest = self.manifest(version.name)
        if manifest.get("sha256") != version.sha256:
            raise DamagedVersionError(f"expected model {version.name} in {folder}, found another")
        told = manifest.get("files")
        try:
            found = _hashes(folder)
        except OSError as error:
            raise DamagedVersionError(f"{folder} cannot be read: {error}") from None
        if not isinstance(told, dict) or _digest(told) != version.sha256:
            raise DamagedVersionError(f"expected {folder / MANIFEST} as it was, found it changed")
        if found != told:
            changed = sorted(name for name in {*found, *told} if found.get(name) != told.get(name))
            raise DamagedVersionError(
                f"expected the files of model {version.name} as they were stored, found "
                f"{', '.join(changed)} changed, added or missing in {folder}"
            )
        return folder

    def manifest(self, name: str) -> dict[str, Any]:
        """Return what was written of a version when it was stored.

        Raises
        ------
        DamagedVersionError
            When there is none to be read.
        """
        file = self.path / name / MANIFEST
        try:
            manifest = json.loads(file.read_bytes())
        except (OSError, ValueError) as error:
            raise DamagedVersionError(f"expected {file}, found: {error}") from None
        if not isinstance(manifest, dict):
            raise DamagedVersionError(f"expected {file} to be of a model, found something else")
        return manifest

    def clear(self, keep: Collection[str]) -> list[str]:
        """Remove what is no version to keep: what a kill left, and what was dropped; name it."""
        if not self.path.is_dir():
            return []
        removed = []
        for folder in sorted(self.path.iterdir()):
            is_version = _NAME.fullmatch(folder.name) is not None
            if (is_version and folder.name not in keep) or folder.name.startswith(_STAGING):
                remove_folder(folder)
                removed.append(folder.name)
        return removed

    def _next_name(self) -> str:
        known = [one.name for one in self.path.iterdir() if _NAME.fullmatch(one.name)]
        last = self.path / ".last"
        numbers = [int(name[1:]) for name in known]
        if last.is_file() and (text := last.read_text().strip()).isdigit():
            numbers.append(int(text))
        number = max(numbers, default=0) + 1
        write_durably(last, str(number).encode())  # a name is never given again
        return f"v{number:04d}"


def _hashes(folder: Path) -> dict[str, str]:
    """Return the hash of each file of a folder, by its name, without the manifest."""
    files = sorted(one for one in folder.iterdir() if one.name != MANIFEST)
    if odd := [one.name for one in files if one.is_symlink() or not one.is_file()]:
        raise DamagedVersionError(f"expected plain files in {folder}, found {', '.join(odd)}")
    return {one.name: sha256_of(one) for one in files}


def _digest(files: Mapping[str, str]) -> str:
    text = json.dumps(dict(files), sort_keys=True)
    return sha256(text.encode()).hexdigest()


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
