"""A checkpoint holds all that the next segment begins with, and survives a kill at any moment."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from plimsoll.lab.replay_checkpoint import last_checkpoint, leave_checkpoint, restore
from plimsoll.lab.replay_segment import ReplayFolder

AT = datetime(2025, 4, 14, tzinfo=UTC)


@pytest.fixture
def place(tmp_path: Path) -> ReplayFolder:
    place = ReplayFolder(tmp_path)
    place.state.mkdir(parents=True)
    place.database.write_text("trades at the seam")
    place.event_log.write_text("events at the seam")
    (place.state / "log").write_text("state at the seam")
    leave_checkpoint(place, AT)
    return place


def go_on(place: ReplayFolder) -> None:
    """Write as a segment does that is then cut off."""
    for file in (place.database, place.event_log, place.state / "log"):
        file.write_text("later")
    (place.state / "new").write_text("later")
    place.database.with_name(f"{place.database.name}-journal").write_text("half a transaction")


def test_what_was_written_after_the_seam_is_gone(place: ReplayFolder) -> None:
    go_on(place)
    checkpoint = last_checkpoint(place)
    assert checkpoint is not None
    assert restore(place, checkpoint) == AT
    assert place.database.read_text() == "trades at the seam"
    assert place.event_log.read_text() == "events at the seam"
    assert [file.name for file in place.state.iterdir()] == ["log"]
    assert (place.state / "log").read_text() == "state at the seam"
    assert list(place.folder.glob("*-journal")) == []


def test_a_copy_that_was_cut_off_does_not_count(place: ReplayFolder) -> None:
    half = place.folder / ".checkpoint.half"
    half.mkdir()
    (half / place.database.name).write_text("half")
    assert last_checkpoint(place) == place.folder / "checkpoint"


def test_a_kill_between_the_two_renames_leaves_the_new_copy(place: ReplayFolder) -> None:
    go_on(place)
    leave_checkpoint(place, AT.replace(day=21))
    shutil.move(place.folder / "checkpoint", place.folder / ".checkpoint.half")
    checkpoint = last_checkpoint(place)
    assert checkpoint is not None
    assert restore(place, checkpoint) == AT.replace(day=21)
    assert place.database.read_text() == "later"


def test_without_one_there_is_none(tmp_path: Path) -> None:
    assert last_checkpoint(ReplayFolder(tmp_path)) is None
