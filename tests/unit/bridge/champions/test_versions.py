"""The files of a version: whole, sealed, never changed, and refused when they were."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from plimsoll.bridge.champions.versions import MANIFEST, DamagedVersionError, VersionFolder
from plimsoll.bridge.champions.whole_files import sha256_of
from plimsoll.core import PlimsollError
from tests.unit.bridge.champions.stores import NOON, made, writes


def test_a_version_has_its_files_and_what_it_was_trained_on(tmp_path: Path) -> None:
    folder = VersionFolder(tmp_path)
    version = folder.store(made(), writes("trees"))
    assert version.name == "v0001"
    assert version.seen_until == NOON
    path = folder.verified(version)
    assert (path / "model.txt").read_text() == "trees"
    manifest = folder.manifest("v0001")
    assert manifest["about"]["holdout"] == 0.01
    assert set(manifest["files"]) == {"model.txt", "pipeline.txt"}


def test_versions_are_numbered_on_and_differ_by_their_files(tmp_path: Path) -> None:
    folder = VersionFolder(tmp_path)
    one, other, same = (folder.store(made(), writes(text)) for text in ("a", "b", "a"))
    assert [one.name, other.name, same.name] == ["v0001", "v0002", "v0003"]
    assert one.sha256 == same.sha256 != other.sha256


def change(path: Path) -> None:
    (path / "model.txt").chmod(0o600)
    (path / "model.txt").write_text("other trees")


def cut(path: Path) -> None:
    (path / "model.txt").chmod(0o600)
    (path / "model.txt").write_bytes(b"tr")


def add(path: Path) -> None:
    (path / "extra.pkl").write_text("not ours")


def take(path: Path) -> None:
    (path / "model.txt").unlink()


def forge(path: Path) -> None:
    """Another model with a manifest that fits it."""
    change(path)
    (path / MANIFEST).chmod(0o600)
    manifest = json.loads((path / MANIFEST).read_text())
    manifest["files"]["model.txt"] = sha256_of(path / "model.txt")
    (path / MANIFEST).write_text(json.dumps(manifest))


def unread(path: Path) -> None:
    (path / MANIFEST).chmod(0o600)
    (path / MANIFEST).write_text("{")


@pytest.mark.parametrize("damage", [change, cut, add, take, forge, unread])
def test_files_that_are_not_as_they_were_are_refused(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    folder = VersionFolder(tmp_path)
    version = folder.store(made(), writes("trees"))
    damage(tmp_path / version.name)
    with pytest.raises(DamagedVersionError, match=r"expected .*version.json|changed, added"):
        folder.verified(version)


def test_another_model_under_the_same_name_is_refused(tmp_path: Path) -> None:
    folder = VersionFolder(tmp_path)
    version = folder.store(made(), writes("trees"))
    with pytest.raises(DamagedVersionError, match="found another"):
        folder.verified(replace(version, sha256="0" * 64))
    with pytest.raises(DamagedVersionError, match="v0007"):
        folder.verified(replace(version, name="v0007"))


def test_a_training_that_writes_nothing_or_fails_leaves_nothing(tmp_path: Path) -> None:
    folder = VersionFolder(tmp_path)
    with pytest.raises(PlimsollError, match="expected the files of model v0001, found none"):
        folder.store(made(), lambda _: None)

    def fails(path: Path) -> None:
        (path / "half").write_text("half")
        raise ValueError("one class only")

    with pytest.raises(ValueError, match="one class only"):
        folder.store(made(), fails)
    with pytest.raises(DamagedVersionError, match="plain files"):
        folder.store(made(), lambda path: (path / "more").mkdir())
    assert [one for one in tmp_path.iterdir() if one.is_dir()] == []


def test_what_is_not_kept_is_removed(tmp_path: Path) -> None:
    folder = VersionFolder(tmp_path)
    for _ in range(3):
        folder.store(made(), writes("trees"))
    (tmp_path / ".new-v0004-99").mkdir()
    assert folder.clear({"v0002"}) == [".new-v0004-99", "v0001", "v0003"]
    assert VersionFolder(tmp_path / "none").clear(set()) == []
