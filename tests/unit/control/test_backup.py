"""A backup: whole, of one moment, without secrets or requests, and in one move."""

import json
import os
import sqlite3
import stat
import tarfile
import threading
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from plimsoll.bridge.state import registry
from plimsoll.control.backup import back_up, backup_name, copy_database, prune, sqlite_file
from plimsoll.control.backup_file import MANIFEST, read_manifest
from plimsoll.control.migrate import migrate
from plimsoll.control.restore import restore
from plimsoll.core import PlimsollError, UsageError
from plimsoll.journal.log import DecisionLog
from tests.support.backups import FELL, Books
from tests.support.postgres import PostgresServer


@pytest.fixture
def books(tmp_path: Path) -> Books:
    return Books(tmp_path / "user_data")


def names(file: Path) -> list[str]:
    with tarfile.open(file) as archive:
        return archive.getnames()


def test_a_backup_says_what_is_in_it_and_is_its_owners_alone(books: Books, tmp_path: Path) -> None:
    books.begin(FELL, trades=2)
    file = tmp_path / "one.tar.gz"
    manifest = back_up(books.bot, file)
    assert read_manifest(file) == manifest
    assert names(file)[0] == MANIFEST
    assert set(names(file)[1:]) == set(manifest.files)
    assert (manifest.live, manifest.while_running) == (True, False)
    assert any("drawdown 13.00 %" in one for one in manifest.held)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert {one.name for one in tmp_path.iterdir()} == {"user_data", "one.tar.gz"}


def test_no_secret_and_no_request_of_a_person_is_in_it(books: Books, tmp_path: Path) -> None:
    books.begin(FELL)
    books.state.set_halt("by hand")
    books.state.ask_to_resume("it is over", "Ada")
    books.state.ask_to_accept("I can lose more", "Ada")
    file = tmp_path / "one.tar.gz"
    manifest = back_up(books.bot, file)
    assert "state/halt" in manifest.files
    assert not [
        one for one in manifest.files if "resume" in one or "accept" in one or "lock" in one
    ]
    with tarfile.open(file) as archive:
        for member in archive:
            content = archive.extractfile(member)
            assert content is not None
            assert b"a-secret-of-mine" not in content.read()


def test_a_database_that_is_written_meanwhile_is_copied_as_of_one_moment(tmp_path: Path) -> None:
    source = tmp_path / "bot.sqlite"
    with closing(sqlite3.connect(source)) as setup:
        setup.execute("PRAGMA journal_mode=WAL")
        setup.execute("CREATE TABLE both (a INTEGER, b INTEGER)")
        setup.execute("INSERT INTO both VALUES (0, 0)")
        setup.commit()
    stop = threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(source)) as writer:
            number = 0
            while not stop.is_set():
                number += 1
                writer.execute("UPDATE both SET a = ?", (number,))
                writer.execute("UPDATE both SET b = ?", (number,))
                writer.commit()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        seen = []
        for number in range(10):
            target = tmp_path / f"{number}.sqlite"
            copy_database(source, target)
            with closing(sqlite3.connect(target)) as copied:
                seen.append(copied.execute("SELECT a, b FROM both").fetchone())
            assert not Path(f"{target}-wal").exists()
    finally:
        stop.set()
        thread.join()
    assert all(a == b for a, b in seen)
    assert seen[-1][0] > 0, "the writer did write"


def test_a_line_that_a_running_bot_is_writing_is_left_out(books: Books, tmp_path: Path) -> None:
    books.begin(FELL)
    with DecisionLog(books.state.decisions) as log:
        log.append("candle", datetime.now(UTC))
        [daily] = sorted(books.state.decisions.glob("*.jsonl"))[-1:]
        whole = daily.read_bytes()
        daily.write_bytes(whole + b'{"at":"20')
        manifest = back_up(books.bot, tmp_path / "one.tar.gz")
        daily.write_bytes(whole)
    assert manifest.while_running
    assert manifest.log_fault is None
    assert manifest.files[f"state/decisions/{daily.name}"][0] == len(whole)


def test_the_torn_line_of_a_dead_bot_is_kept_for_it_may_be_a_halt(
    books: Books, tmp_path: Path
) -> None:
    books.begin()
    [daily] = sorted(books.state.decisions.glob("*.jsonl"))[-1:]
    with daily.open("ab") as file:
        file.write(b'{"account":"x","event":"acted","kind":"halt"')
    manifest = back_up(books.bot, tmp_path / "one.tar.gz")
    assert manifest.files[f"state/decisions/{daily.name}"][0] == daily.stat().st_size


def test_a_damaged_database_is_not_taken_for_a_backup(books: Books, tmp_path: Path) -> None:
    books.begin(trades=50)
    content = bytearray(books.database.read_bytes())
    content[8192:12288] = os.urandom(4096)
    books.database.write_bytes(content)
    with pytest.raises(PlimsollError):
        back_up(books.bot, tmp_path / "one.tar.gz")
    assert not list(tmp_path.glob("*.gz"))
    assert not list(tmp_path.glob(".backup-*"))


def test_nothing_is_overwritten(books: Books, tmp_path: Path) -> None:
    books.begin()
    file = tmp_path / "one.tar.gz"
    file.write_text("mine")
    with pytest.raises(UsageError, match="expected a new file"):
        back_up(books.bot, file)
    assert file.read_text() == "mine"


def test_a_bot_without_a_log_can_be_backed_up(books: Books, tmp_path: Path) -> None:
    books.begin(trades=1)
    for file in books.state.decisions.glob("*.jsonl"):
        file.unlink()
    manifest = back_up(books.bot, tmp_path / "one.tar.gz")
    assert (manifest.log_records, manifest.log_fault) == (0, None)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://ada:secret@localhost/bot", "plimsoll db migrate"),
        ("sqlite:///:memory:", "memory"),
        ("sqlite://", "memory"),
        ("nonsense", "expected a database"),
    ],
)
def test_what_is_no_file_of_sqlite_is_named(url: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        sqlite_file(url)
    assert "secret" not in str(caught.value)


def test_a_bot_on_postgresql_is_backed_up_and_its_halt_is_restored(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    books = Books(tmp_path / "bot")
    books.begin(FELL, trades=2)
    registry.release()
    url = postgres.url(postgres.new_database(), driver="psycopg")
    migrate(books.url, url, books.bot)
    bot = replace(books.bot, named_db_url=url)
    manifest = back_up(bot, tmp_path / "one.tar.gz")
    assert any(FELL.reason in one for one in manifest.held)
    books.database.unlink()
    restored = restore(books.bot, tmp_path / "one.tar.gz")
    assert {one.rule for one in restored.held} == {"drawdown", "state"}
    assert books.trades() == 2
    registry.release()


def test_the_oldest_backups_of_a_folder_go_and_nothing_else(tmp_path: Path) -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    for hours in range(5):
        (tmp_path / backup_name(now + timedelta(hours=hours))).touch()
    (tmp_path / "mine.backup.tar.gz").touch()
    gone = prune(tmp_path, 2, tmp_path / backup_name(now + timedelta(hours=4)))
    assert len(gone) == 3
    left = sorted(file.name for file in tmp_path.iterdir())
    assert left == ["mine.backup.tar.gz", *(backup_name(now + timedelta(hours=h)) for h in (3, 4))]


def test_the_manifest_is_json_for_others(books: Books, tmp_path: Path) -> None:
    books.begin()
    back_up(books.bot, tmp_path / "one.tar.gz")
    with tarfile.open(tmp_path / "one.tar.gz") as archive:
        content = archive.extractfile(MANIFEST)
        assert content is not None
        assert json.loads(content.read())["format"] == 1


def test_backups_of_a_clock_that_was_ahead_keep_no_newer_one_from_staying(tmp_path: Path) -> None:
    """The backup just made went at once, and the one of next year stayed for good."""
    now = datetime(2026, 11, 22, tzinfo=UTC)
    names = [backup_name(now + timedelta(days=days)) for days in (-1, 0, 365)]
    for name in names:
        (tmp_path / name).touch()
    gone = prune(tmp_path, 1, tmp_path / names[1])
    assert {one.name for one in gone} == {names[0], names[2]}
