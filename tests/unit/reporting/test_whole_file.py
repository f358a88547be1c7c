"""Files that a reader sees whole or not at all."""

from pathlib import Path

import pytest

from plimsoll.reporting.whole_file import write_whole


def test_a_file_is_replaced_and_can_be_read_by_everybody(tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_bytes(b"old")
    write_whole(file, b"new")
    assert file.read_bytes() == b"new"
    assert file.stat().st_mode & 0o777 == 0o644
    assert list(tmp_path.iterdir()) == [file]


def test_what_cannot_be_put_in_place_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "report.html").mkdir()
    with pytest.raises(OSError, match=r"report\.html"):
        write_whole(tmp_path / "report.html", b"new")
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]
