"""A checkpoint holds all that the next segment begins with, and survives a kill at any moment."""

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from plimsoll.lab.replay_checkpoint import last_checkpoint, leave_checkpoint, restore
from plimsoll.lab.replay_segment import ReplayFolder

AT = datetime(2025, 4, 14, tzinfo=UTC)


def write(database: Path, text: str) -> None:
    """Write as a bot does that ends without closing: what it wrote lies beside the database."""
    script = (
        "import os, sqlite3, sys\n"
        "connection = sqlite3.connect(sys.argv[1])\n"
        "connection.execute('PRAGMA journal_mode=WAL')\n"
        "connection.execute('DROP TABLE IF EXISTS trades')\n"
        "connection.execute('CREATE TABLE trades (text)')\n"
        "connection.execute('INSERT INTO trades VALUES (?)', (sys.argv[2],))\n"
        "connection.commit()\n"
        "os._exit(0)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(database), text], check=True)


def read(database: Path) -> list[str]:
    with closing(sqlite3.connect(database)) as connection:
        return [row[0] for row in connection.execute("SELECT text FROM trades")]


@pytest.fixture
def place(tmp_path: Path) -> ReplayFolder:
    place = ReplayFolder(tmp_path)
    place.state.mkdir(parents=True)
    write(place.database, "trades at the seam")
    place.event_log.write_text("events at the seam")
    (place.state / "log").write_text("state at the seam")
    leave_checkpoint(place, AT)
    return place


def go_on(place: ReplayFolder) -> None:
    """Write as a segment does that is then cut off."""
    write(place.database, "later")
    for file in (place.event_log, place.state / "log"):
        file.write_text("later")
    (place.state / "new").write_text("later")
    place.database.with_name(f"{place.database.name}-journal").write_text("half a transaction")


def test_what_was_written_after_the_seam_is_gone(place: ReplayFolder) -> None:
    go_on(place)
    checkpoint = last_checkpoint(place)
    assert checkpoint is not None
    assert restore(place, checkpoint) == AT
    assert read(place.database) == ["trades at the seam"]
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
    assert read(place.database) == ["later"]


def test_without_one_there_is_none(tmp_path: Path) -> None:
    assert last_checkpoint(ReplayFolder(tmp_path)) is None
