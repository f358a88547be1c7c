"""What is appended is there or not; half a line of before spoils none that comes after."""

import os
import resource
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from plimsoll.archive.appending import Appending, append_line, replace_file, whole_lines
from plimsoll.core import PlimsollError


def test_half_a_line_is_removed_before_the_next_one(tmp_path: Path) -> None:
    file = tmp_path / "gaps.jsonl"
    append_line(file, {"one": 1})
    with file.open("ab") as handle:
        handle.write(b'{"two": ')
    assert whole_lines(file) == [b'{"one":1}']
    append_line(file, {"three": 3})
    assert whole_lines(file) == [b'{"one":1}', b'{"three":3}']


def test_half_a_first_line_is_removed_too(tmp_path: Path) -> None:
    file = tmp_path / "gaps.jsonl"
    file.write_bytes(b'{"on')
    assert whole_lines(file) == []
    append_line(file, {"one": 1})
    assert whole_lines(file) == [b'{"one":1}']
    assert whole_lines(tmp_path / "none.jsonl") == []


@pytest.fixture
def small_files() -> Iterator[None]:
    """Let no file grow above 100 bytes: what is written above them fails half way."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


def test_what_does_not_fit_leaves_what_was_there(tmp_path: Path, small_files: None) -> None:
    file, lines, other = (tmp_path / name for name in ("a", "b", "c"))
    made = Appending.begun(file, b"x" * 60)
    append_line(lines, {"x": "x" * 60})
    replace_file(other, b"old")
    for attempt in (
        lambda: made.append(b"y" * 60),
        lambda: append_line(lines, {"y": "y" * 60}),
        lambda: replace_file(other, b"n" * 120),
        lambda: Appending.begun(tmp_path / "d", b"z" * 120),
    ):
        with pytest.raises(PlimsollError, match="what was recorded before is whole: make room"):
            attempt()
    made.append(b"z" * 10)
    made.close()
    assert file.read_bytes() == b"x" * 60 + b"z" * 10
    assert len(whole_lines(lines)) == 1
    assert lines.read_bytes().endswith(b"\n")
    assert other.read_bytes() == b"old"
    assert not (tmp_path / "d").exists()


def test_a_disk_that_fails_to_keep_it_is_told(tmp_path: Path) -> None:
    made = Appending.begun(tmp_path / "a", b"x")
    made.close()
    reading, writing = os.pipe()
    made.handle = writing  # what cannot be synced
    with pytest.raises(PlimsollError, match="cannot record to"):
        made.sync()
    os.close(reading)
    os.close(writing)
