"""What was filed as evidence, and when: an append-only, chained list beside the files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock

from plimsoll.core import PlimsollError
from plimsoll.gates.hashing import bytes_hash
from plimsoll.gates.kinds import Kind
from plimsoll.gates.places import evidence_folder
from plimsoll.journal.canonical import sealed, unsealed
from plimsoll.journal.files import GENESIS

NAME = "register.jsonl"
FILED = "filed"
FILE, VERDICT = "file", "verdict"
"""The two kinds of entry."""
HASH_DIGITS = 12
LOCK_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Copy:
    """One filed copy: where it is, below the evidence folder, and the hash of its bytes."""

    file: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Filed:
    """One piece of evidence as it was filed.

    ``identity`` tells it from others of its kind; ``origin`` is where it was taken from.
    """

    kind: Kind
    strategy: str
    identity: str
    origin: str
    filed_at: datetime
    copies: tuple[Copy, ...]


class Register:
    """The evidence folder of a user folder: copies of what was filed, and the list of them.

    Each entry has the hash of the one before it, so that none can be changed or left out
    unnoticed; the copies are compared with their hashes whenever they are read.
    """

    def __init__(self, userdir: Path) -> None:
        self.folder = evidence_folder(userdir)
        self._file = self.folder / NAME

    def entries(self) -> list[dict[str, Any]]:
        """Return all entries, oldest first.

        Raises
        ------
        PlimsollError
            When one was changed, or is missing.
        """
        if not self._file.exists():
            return []
        previous, made = GENESIS, []
        for place, line in enumerate(self._file.read_bytes().splitlines(), start=1):
            try:
                entry = unsealed(line)
            except ValueError as error:
                raise self._broken(place, str(error)) from None
            if entry["previous"] != previous or entry["seq"] != place:
                raise self._broken(place, "an entry before it is missing")
            previous = entry["hash"]
            made.append(entry)
        return made

    def filed(self) -> list[Filed]:
        """Return what was filed, oldest first; raises `PlimsollError` as `entries`."""
        return [_filed(entry) for entry in self.entries() if entry["kind"] == FILE]

    def newest(self, kind: Kind, strategy: str) -> Filed | None:
        """Return what was last filed of a kind for a strategy; ``None`` when nothing was."""
        of_kind = [one for one in self.filed() if one.kind is kind and one.strategy == strategy]
        return of_kind[-1] if of_kind else None

    def file(
        self,
        kind: Kind,
        contents: Mapping[str, bytes],
        *,
        strategy: str,
        identity: str,
        origin: str,
        at: datetime,
    ) -> Filed:
        """Copy evidence into the folder and enter it; what is there already is not entered again.

        ``contents`` are its files by name. Of a ledger, which grows, the new copy must begin with
        the old one.

        Raises
        ------
        PlimsollError
            When the same evidence was filed before with another content: it was changed since.
        """
        with self._locked():
            for old in reversed(self.filed()):
                if (old.kind, old.strategy) != (kind, strategy):
                    continue
                same = [one.sha256 for one in old.copies] == [
                    bytes_hash(content) for content in contents.values()
                ]
                if same and old.identity == identity:
                    self._copied(kind, contents)
                    return old
                self._require_unchanged(old, contents, identity, origin)
            copies = self._copied(kind, contents)
            return _filed(
                self._append(
                    FILE,
                    at,
                    evidence=kind.value,
                    strategy=strategy,
                    identity=identity,
                    origin=origin,
                    copies=[{"file": one.file, "sha256": one.sha256} for one in copies],
                )
            )

    def enter_verdict(self, at: datetime, **fields: Any) -> None:
        """Enter that a gate was judged."""
        with self._locked():
            self._append(VERDICT, at, **fields)

    def contents(self, filed: Filed) -> list[bytes]:
        """Return the copies of what was filed.

        Raises
        ------
        PlimsollError
            When one is gone or was changed by hand.
        """
        return [self.content(one) for one in filed.copies]

    def content(self, copy: Copy) -> bytes:
        """Return one copy; raises `PlimsollError` when it is gone or was changed by hand."""
        file = self.folder / copy.file
        try:
            content = file.read_bytes()
        except OSError as error:
            raise PlimsollError(f"the filed evidence {file} cannot be read: {error}") from None
        if bytes_hash(content) != copy.sha256:
            raise PlimsollError(f"the filed evidence {file} was changed by hand since it was filed")
        return content

    def _require_unchanged(
        self, old: Filed, contents: Mapping[str, bytes], identity: str, origin: str
    ) -> None:
        if identity and old.identity == identity:
            raise PlimsollError(
                f"{origin} was changed since it was filed at {old.filed_at:%Y-%m-%d %H:%M} UTC: "
                "evidence is not edited, it is made anew"
            )
        if identity:
            return
        [(before, now)] = zip(self.contents(old), contents.values(), strict=True)
        if not now.startswith(before):
            raise PlimsollError(
                f"{origin} lost or changed lines that it had at {old.filed_at:%Y-%m-%d %H:%M} UTC; "
                f"they are in {self.folder / old.copies[0].file}: put them back"
            )

    def _copied(self, kind: Kind, contents: Mapping[str, bytes]) -> tuple[Copy, ...]:
        folder = self.folder / FILED
        folder.mkdir(parents=True, exist_ok=True)
        copies = []
        for name, content in contents.items():
            sha256 = bytes_hash(content)
            file = folder / f"{kind.value}-{sha256[:HASH_DIGITS]}{Path(name).suffix}"
            if not file.exists() or bytes_hash(file.read_bytes()) != sha256:
                part = file.with_name(f".{file.name}.part")
                part.write_bytes(content)
                part.replace(file)
            copies.append(Copy(f"{FILED}/{file.name}", sha256))
        return tuple(copies)

    def _append(self, kind: str, at: datetime, **fields: Any) -> dict[str, Any]:
        entries = self.entries()
        record = {
            **fields,
            "seq": len(entries) + 1,
            "at": at.astimezone(UTC).isoformat(timespec="seconds"),
            "kind": kind,
            "previous": entries[-1]["hash"] if entries else GENESIS,
        }
        with self._file.open("ab") as file:
            file.write(sealed(record))
        return record

    def _locked(self) -> FileLock:
        self.folder.mkdir(parents=True, exist_ok=True)
        return FileLock(self.folder / f".{NAME}.lock", timeout=LOCK_SECONDS)

    def _broken(self, place: int, why: str) -> PlimsollError:
        return PlimsollError(
            f"expected a whole register of evidence in {self._file}, found a fault in line "
            f"{place}: {why}; put the file back, or move the folder away and file evidence anew"
        )


def _filed(entry: Mapping[str, Any]) -> Filed:
    copies: Sequence[Mapping[str, str]] = entry["copies"]
    return Filed(
        kind=Kind(entry["evidence"]),
        strategy=entry["strategy"],
        identity=entry["identity"],
        origin=entry["origin"],
        filed_at=datetime.fromisoformat(entry["at"]),
        copies=tuple(Copy(one["file"], one["sha256"]) for one in copies),
    )
