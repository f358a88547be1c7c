"""The file of a backup: packed in one move, unpacked only when every hash is right."""

import tarfile
from dataclasses import asdict, replace
from pathlib import Path

import orjson
import pytest

from plimsoll.control.backup_file import (
    MANIFEST,
    Manifest,
    archive,
    digest,
    files_in,
    new_file,
    read_manifest,
    unpacked,
)
from plimsoll.core import PlimsollError, UsageError

EMPTY = Manifest(
    format=1,
    made_at="2026-11-22T00:00:00+00:00",
    plimsoll="0.3.0",
    freqtrade="2026.9",
    account=None,
    exchange="binance",
    market="futures",
    live=True,
    while_running=False,
    log_records=0,
    log_head="",
    log_fault=None,
    held=(),
    files={},
)


def packed(folder: Path, **files: str) -> tuple[Path, Manifest]:
    """Pack texts by name; a double underscore in a name is a folder."""
    work = folder / "work"
    for name, text in files.items():
        file = work / name.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    known = {
        one.relative_to(work).as_posix(): (one.stat().st_size, digest(one))
        for one in files_in(work)
    }
    manifest = replace(EMPTY, files=known)
    (work / MANIFEST).write_bytes(orjson.dumps(asdict(manifest)))
    archive(work, folder / "one.tar.gz")
    return folder / "one.tar.gz", manifest


def test_what_was_packed_is_unpacked_and_gone_afterwards(tmp_path: Path) -> None:
    file, manifest = packed(tmp_path, a="one", state__b="two")
    assert read_manifest(file) == manifest
    with unpacked(file, tmp_path) as (work, told):
        assert told == manifest
        assert (work / "state/b").read_text() == "two"
    assert not work.exists()


def test_another_content_of_the_same_size_is_refused(tmp_path: Path) -> None:
    file, _ = packed(tmp_path, a="one")
    work = tmp_path / "work"
    (work / "a").write_text("eno")
    with tarfile.open(file, "w:gz") as changed:
        for name in (MANIFEST, "a"):
            changed.add(work / name, name)
    with (
        pytest.raises(PlimsollError, match="a is not what its manifest says"),
        unpacked(file, tmp_path),
    ):
        pytest.fail("it was unpacked")
    assert not list(tmp_path.glob(".restore-*"))


def test_a_file_without_a_manifest_first_is_no_backup(tmp_path: Path) -> None:
    file = tmp_path / "other.tar.gz"
    (tmp_path / "a").write_text("one")
    with tarfile.open(file, "w:gz") as other:
        other.add(tmp_path / "a", "a")
    with pytest.raises(UsageError, match="it has no manifest"):
        read_manifest(file)


def test_a_file_that_could_not_be_finished_is_not_there(tmp_path: Path) -> None:
    def interrupted() -> None:
        with new_file(tmp_path / "one") as part:
            part.write_text("half")
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        interrupted()
    assert list(tmp_path.iterdir()) == []
