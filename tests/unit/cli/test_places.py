import errno
from pathlib import Path

import pytest

from plimsoll.cli.places import made_folder, output_folder
from plimsoll.core import UsageError


def test_a_folder_is_made_with_those_above_it(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    assert made_folder(folder, "--out") == made_folder(folder, "--out") == folder
    assert folder.is_dir()


def test_a_folder_in_a_file_is_wrong_usage_of_the_option(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="expected a folder for --out"):
        made_folder(tmp_path / "file" / "b", "--out")


def test_a_full_disk_is_not_wrong_usage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "mkdir", full)
    with pytest.raises(OSError, match="No space left"):
        made_folder(tmp_path / "b", "--out")


def test_a_folder_made_for_nothing_is_taken_away_with_those_above_it(tmp_path: Path) -> None:
    with pytest.raises(KeyError), output_folder(tmp_path / "a" / "b", "--out"):
        raise KeyError
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_was_there_or_holds_something_stays(tmp_path: Path) -> None:
    with pytest.raises(KeyError), output_folder(tmp_path, "--out"):
        raise KeyError
    assert tmp_path.is_dir()
    file = tmp_path / "a" / "report.html"
    with pytest.raises(FileExistsError), output_folder(file.parent, "--out"):
        [file.touch(exist_ok=False) for _ in range(2)]
    assert file.exists()
