"""The journal of a seat: every line follows the one before."""

from pathlib import Path

import pytest

from plimsoll.bridge.champions.journal import (
    DamagedJournalError,
    Journal,
    begin_journal,
    read_journal,
)
from plimsoll.champions.events import Drifted, Event, Started, TrainingBegan
from plimsoll.champions.seat import EMPTY
from plimsoll.champions.transition import replay
from tests.unit.bridge.champions.stores import NOON

EVENTS: list[Event] = [Started(NOON), TrainingBegan(NOON, "24 h"), Drifted(NOON, "rsi")]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "journal.jsonl"
    begin_journal(file, EMPTY)
    journal = Journal(file, read_journal(file))
    for event in EVENTS:
        journal.append(event, durable=True)
    journal.close()
    journal.close()
    return file


def test_a_journal_read_again_is_the_same_seat(file: Path) -> None:
    read = read_journal(file)
    assert read.seat == replay(EVENTS)
    assert (read.events, read.torn, read.whole_bytes) == (3, False, file.stat().st_size)


def test_a_line_torn_off_is_dropped_and_the_next_one_follows(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-9])
    read = read_journal(file)
    assert read.torn
    assert read.seat == replay(EVENTS[:2])
    journal = Journal(file, read)
    journal.append(EVENTS[2], durable=False)
    journal.close()
    assert read_journal(file).seat == replay(EVENTS)


@pytest.mark.parametrize("line", [0, 1, 2, 3])
def test_a_line_that_was_changed_taken_or_moved_shows(file: Path, line: int) -> None:
    lines = file.read_bytes().splitlines(keepends=True)
    changed = lines[line].replace(b"2026", b"2025") if line else lines[0].replace(b"0", b"1", 1)
    versions = [
        [*lines[:line], changed, *lines[line + 1 :]],
        [*lines[:line], b"{}\n", *lines[line + 1 :]],
        [*lines[:line], b"\x00\x00\n", *lines[line + 1 :]],
    ]
    if line < 3:
        versions.append([*lines[:line], *lines[line + 1 :]])
        versions.append([*lines[:line], lines[line + 1], lines[line], *lines[line + 2 :]])
    for version in versions:
        file.write_bytes(b"".join(version))
        with pytest.raises(DamagedJournalError, match=r"journal\.jsonl"):
            read_journal(file)


def test_an_empty_journal_is_damaged_and_none_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_journal(tmp_path / "journal.jsonl")
    (tmp_path / "journal.jsonl").write_bytes(b"")
    with pytest.raises(DamagedJournalError, match="nothing whole"):
        read_journal(tmp_path / "journal.jsonl")
