"""Archives of plain numbers: whole or not at all, and no other content."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from plimsoll.agents import archive
from plimsoll.agents.archive import AgentError, read_archive, write_archive


def test_what_was_written_is_read(tmp_path: Path) -> None:
    write_archive(tmp_path / "in" / "one.npz", {"a": np.arange(4.0)}, {"kind": "own"})
    found = read_archive(tmp_path / "in" / "one.npz")
    assert found["a"].tolist() == [0.0, 1.0, 2.0, 3.0]
    assert found["metadata"].tobytes() == b'{"kind": "own"}'
    assert "sha256" not in found
    assert [file.name for file in (tmp_path / "in").iterdir()] == ["one.npz"]


def test_what_could_not_be_written_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "one.npz"
    write_archive(file, {"a": np.arange(4.0)}, {})

    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(archive.os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        write_archive(file, {"a": np.arange(9.0)}, {})
    assert read_archive(file)["a"].size == 4
    assert [one.name for one in tmp_path.iterdir()] == ["one.npz"]


def test_an_archive_of_others_or_with_objects_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", a=np.arange(3))
    with pytest.raises(AgentError, match="found another archive"):
        read_archive(tmp_path / "other.npz")
    np.savez(tmp_path / "objects.npz", a=np.array([{"run": "me"}]))
    with pytest.raises(AgentError, match="Object arrays cannot be loaded"):
        read_archive(tmp_path / "objects.npz")
    (tmp_path / "pickle.npz").write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(AgentError, match="expected an agent of Plimsoll"):
        read_archive(tmp_path / "pickle.npz")


def test_a_huge_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_archive(tmp_path / "one.npz", {"a": np.arange(4.0)}, {})
    monkeypatch.setattr(archive, "MOST_BYTES", 100)
    with pytest.raises(AgentError, match="expected an agent below 100 bytes"):
        read_archive(tmp_path / "one.npz")
