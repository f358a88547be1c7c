"""A restore never loosens: four books that may disagree, backups that lie, kills at every step."""

import io
import json
import os
import shutil
import sqlite3
import sys
import tarfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from plimsoll.bridge.account.stored_peak import StoredPeak
from plimsoll.control.backup import back_up
from plimsoll.control.backup_file import DATABASE, MANIFEST, read_manifest
from plimsoll.control.restore import BEGUN, Restored, restore, stricter_peak
from plimsoll.core import Mode, PlimsollError, UsageError, Verdict
from plimsoll.journal.check import verify
from plimsoll.journal.latch_record import STATE
from plimsoll.journal.log import DecisionLog
from tests.support.backups import BY_HAND, FELL, TERMINAL, Books

DAY = Verdict(
    Mode.FLATTEN, "daily_loss", "daily loss 40.00 USD", datetime.now(UTC) + timedelta(hours=3)
)
OVER = replace(DAY, rule="max_closes", until=datetime.now(UTC) - timedelta(hours=1))
KILLED = 9


@pytest.fixture
def books(tmp_path: Path) -> Books:
    return Books(tmp_path / "user_data")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "one.tar.gz"


def rules(outcome: Restored) -> set[str]:
    return {one.rule for one in outcome.held}


# Four books


@pytest.mark.parametrize("live", [True, False], ids=["live", "dry-run"])
@pytest.mark.parametrize("where", ["both", "log", "database"])
def test_a_halt_of_now_outlives_an_older_state_without_one(
    books: Books, file: Path, where: str, live: bool
) -> None:
    books.live = live
    books.begin(trades=1)
    back_up(books.bot, file)
    in_log = () if where == "database" else (FELL,)
    books.begin(*in_log, in_database=() if where == "log" else (FELL,), trades=1)
    outcome = restore(books.bot, file)
    assert rules(outcome) == {"drawdown", STATE}
    assert outcome.log == "kept"
    assert books.held() >= {"drawdown", STATE}
    assert books.trades() == 1


@pytest.mark.parametrize("where", ["both", "log", "database"])
def test_a_halt_of_the_backup_is_held_again_though_a_person_had_ended_it(
    books: Books, file: Path, where: str
) -> None:
    in_log = () if where == "database" else (FELL,)
    books.begin(*in_log, in_database=() if where == "log" else (FELL,))
    back_up(books.bot, file)
    books.begin()
    books.resume()
    assert books.held() == set()
    assert "drawdown" in rules(restore(books.bot, file))
    assert books.held() >= {"drawdown", STATE}


def test_books_that_hold_different_things_are_all_obeyed(books: Books, file: Path) -> None:
    books.begin(FELL, in_database=(BY_HAND,))
    back_up(books.bot, file)
    books.begin()
    books.resume()
    books.begin(DAY, in_database=(TERMINAL,))
    outcome = restore(books.bot, file)
    assert rules(outcome) == {"drawdown", "manual_halt", "daily_loss", "terminal_drawdown", STATE}
    assert books.held() == rules(outcome)


def test_what_is_over_is_not_held_again(books: Books, file: Path) -> None:
    books.begin(OVER)
    back_up(books.bot, file)
    assert rules(restore(books.bot, file)) == {STATE}


def test_nothing_was_held_and_it_is_halted_all_the_same_until_a_person_looks(
    books: Books, file: Path
) -> None:
    books.begin(trades=1)
    back_up(books.bot, file)
    [halt] = restore(books.bot, file).held
    assert (halt.mode, halt.rule) == (Mode.HALTED, STATE)
    assert "plimsoll resume" in halt.reason
    assert books.held() == {STATE}
    books.resume()
    assert books.held() == set()


def test_a_lost_machine_gets_log_database_flag_and_halt(
    books: Books, file: Path, tmp_path: Path
) -> None:
    books.begin(FELL, trades=2)
    books.state.set_halt("news")
    back_up(books.bot, file)
    head = read_manifest(file).log_head
    shutil.rmtree(books.folder)
    other = Books(tmp_path / "new machine")
    other.folder.mkdir()
    outcome = restore(other.bot, file)
    assert (outcome.log, outcome.kept) == ("restored", None)
    assert other.state.halt_reason() == "news"
    assert verify(other.state.decisions, head=head).fault is None
    assert other.held() >= {"drawdown", STATE}
    assert other.trades() == 2


def test_the_log_of_this_machine_is_never_cut_back(books: Books, file: Path) -> None:
    books.begin()
    back_up(books.bot, file)
    books.begin(FELL)
    head = verify(books.state.decisions).head
    restore(books.bot, file)
    assert verify(books.state.decisions, head=head).fault is None


def test_an_older_log_is_replaced_by_the_backups_and_kept(books: Books, file: Path) -> None:
    books.begin()
    old = books.folder / "older"
    shutil.copytree(books.state.decisions, old)
    books.begin(FELL)
    back_up(books.bot, file)
    shutil.rmtree(books.state.decisions)
    shutil.copytree(old, books.state.decisions)
    assert restore(books.bot, file).log == "restored"
    assert list(books.state.path.glob("decisions-before-restore-*"))
    assert books.held() >= {"drawdown", STATE}


def test_another_bots_log_is_refused_and_nothing_is_changed(
    books: Books, file: Path, tmp_path: Path
) -> None:
    other = Books(tmp_path / "other")
    other.begin(trades=2)
    back_up(other.bot, file)
    shutil.rmtree(other.folder)
    books.begin(FELL, trades=1)
    before = tree(books.folder)
    with pytest.raises(PlimsollError, match="is not the one that the backup"):
        restore(books.bot, file)
    assert tree(books.folder) == before


def test_a_raised_flag_stays_up(books: Books, file: Path) -> None:
    books.begin()
    back_up(books.bot, file)
    books.state.set_halt("by hand")
    restore(books.bot, file)
    assert books.state.halt_reason() == "by hand"


def test_a_flag_that_was_down_in_both_is_down_again(books: Books, file: Path) -> None:
    books.begin()
    back_up(books.bot, file)
    restore(books.bot, file)
    assert books.state.halt_reason() is None


def test_a_request_to_resume_that_waits_does_not_re_arm_what_was_restored(
    books: Books, file: Path
) -> None:
    books.begin()
    back_up(books.bot, file)
    books.state.ask_to_resume("before the restore", "Ada")
    restore(books.bot, file)
    assert not books.state.resume_is_waiting


def test_the_highest_equity_of_now_is_what_the_terminal_drawdown_is_measured_from(
    books: Books, file: Path
) -> None:
    books.begin(peak_usd=1000.0)
    back_up(books.bot, file)
    books.begin(peak_usd=1500.0)
    restore(books.bot, file)
    peak = books.peak()
    assert peak is not None
    assert peak.peak_usd == 1500.0


def test_the_stricter_of_two_peaks_is_the_higher_and_the_one_that_nobody_went_beyond() -> None:
    then = datetime(2026, 1, 1, tzinfo=UTC)
    low, high = StoredPeak(peak_usd=1.0), StoredPeak(peak_usd=2.0, beyond_at=then)
    assert stricter_peak(low, high) == StoredPeak(peak_usd=2.0)
    assert stricter_peak(high, low) == StoredPeak(peak_usd=2.0)
    assert stricter_peak(high, high) == high
    assert stricter_peak(None, high) == high
    assert stricter_peak(None, None) is None


def test_another_key_is_told_and_halted(books: Books, file: Path) -> None:
    books.begin()
    back_up(books.bot, file)
    books.key = "the-new-key"
    [notice] = restore(books.bot, file).notices
    assert "another key" in notice
    assert STATE in books.held()


def test_a_live_bots_backup_is_its_own_without_the_key_and_goes_back_with_it_alone(
    books: Books, file: Path
) -> None:
    books.begin(FELL)
    books.key = ""
    back_up(books.bot, file)
    with pytest.raises(UsageError, match="expected the live bot's own key"):
        restore(books.bot, file)
    books.key = "a-key-of-mine"
    assert restore(books.bot, file).notices == ()
    assert books.held() >= {"drawdown", STATE}


# What is damaged


def test_a_damaged_database_in_place_is_replaced_kept_and_told(books: Books, file: Path) -> None:
    books.begin(trades=1)
    back_up(books.bot, file)
    books.begin(FELL)
    books.database.write_bytes(b"not a database at all" * 400)
    outcome = restore(books.bot, file)
    assert outcome.kept is not None
    assert outcome.kept.read_bytes().startswith(b"not a database")
    assert "not known" in outcome.notices[0]
    assert books.held() >= {"drawdown", STATE}, "the log alone still holds it"


def test_a_stale_log_beside_the_database_is_not_read_into_the_new_one(
    books: Books, file: Path
) -> None:
    books.begin(trades=1)
    back_up(books.bot, file)
    with closing(sqlite3.connect(books.database)) as bot:
        bot.execute("PRAGMA journal_mode=WAL")
        bot.execute("DELETE FROM trades")
        bot.commit()
        stale = Path(f"{books.database}-wal").read_bytes()
        assert stale
    Path(f"{books.database}-wal").write_bytes(stale)
    outcome = restore(books.bot, file)
    assert not Path(f"{books.database}-wal").exists()
    assert books.trades() == 1
    assert outcome.kept is not None


def rewritten(file: Path, change: Callable[[dict[str, bytes], dict[str, Any]], None]) -> None:
    """Write a backup again, changed."""
    with tarfile.open(file) as archive:
        content = {one.name: archive.extractfile(one).read() for one in archive}  # type: ignore[union-attr]
    manifest = json.loads(content.pop(MANIFEST))
    change(content, manifest)
    with tarfile.open(file, "w:gz") as archive:
        for name, data in {MANIFEST: json.dumps(manifest).encode(), **content}.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))


def _other_bytes(content: dict[str, bytes], manifest: dict[str, Any]) -> None:
    name = next(one for one in content if one.endswith(".jsonl"))
    content[name] = content[name].replace(b'"halt"', b'"exit"')


def _one_less(content: dict[str, bytes], manifest: dict[str, Any]) -> None:
    del content[DATABASE]


def _one_more(content: dict[str, bytes], manifest: dict[str, Any]) -> None:
    content["state/resume.json"] = b"{}"


def _outside(content: dict[str, bytes], manifest: dict[str, Any]) -> None:
    import hashlib

    content["../outside"] = b"x"
    manifest["files"]["../outside"] = [1, hashlib.sha256(b"x").hexdigest()]


def _other_plimsoll(content: dict[str, bytes], manifest: dict[str, Any]) -> None:
    manifest["plimsoll"] = "0.2.0"


def _other_freqtrade(content: dict[str, bytes], manifest: dict[str, Any]) -> None:
    manifest["freqtrade"] = "2026.8"


def _other_kind(content: dict[str, bytes], manifest: dict[str, Any]) -> None:
    manifest["live"] = False


def _other_format(content: dict[str, bytes], manifest: dict[str, Any]) -> None:
    manifest["format"] = 2


def _other_fields(content: dict[str, bytes], manifest: dict[str, Any]) -> None:
    manifest["files"] = ["database.sqlite"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_other_bytes, "is not what its manifest says"),
        (_one_less, "database.sqlite is missing"),
        (_one_more, "its manifest does not know"),
        (_outside, "its manifest does not know"),
        (_other_plimsoll, "found one by 0.2.0; install plimsoll 0.2.0"),
        (_other_freqtrade, "found one by 2026.8; install freqtrade 2026.8"),
        (_other_kind, "found one of binance futures dry-run"),
        (_other_format, "expected a backup in format 1"),
        (_other_fields, "cannot be read"),
    ],
)
def test_a_backup_that_does_not_fit_changes_nothing(
    books: Books, file: Path, change: Any, said: str
) -> None:
    books.begin(FELL, trades=1)
    back_up(books.bot, file)
    rewritten(file, change)
    before = tree(books.folder)
    with pytest.raises(PlimsollError, match=said) as caught:
        restore(books.bot, file)
    assert "\n" not in str(caught.value)
    assert tree(books.folder) == before
    assert not (books.folder.parent / "outside").exists()


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_half_a_backup_is_refused(books: Books, file: Path, share: float) -> None:
    books.begin(trades=1)
    back_up(books.bot, file)
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * share)])
    before = tree(books.folder)
    with pytest.raises(PlimsollError):
        restore(books.bot, file)
    assert tree(books.folder) == before


def test_a_link_in_a_backup_is_refused(books: Books, file: Path) -> None:
    books.begin()
    back_up(books.bot, file)
    with tarfile.open(file) as archive:
        rest = [(one, archive.extractfile(one).read()) for one in archive]  # type: ignore[union-attr]
    with tarfile.open(file, "w:gz") as archive:
        for member, data in rest:
            if member.name == DATABASE:
                link = tarfile.TarInfo(DATABASE)
                link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
                archive.addfile(link)
            else:
                archive.addfile(member, io.BytesIO(data))
    with pytest.raises(PlimsollError, match="does not know"):
        restore(books.bot, file)


def test_what_is_no_backup_is_one_line(books: Books, file: Path) -> None:
    books.begin()
    with pytest.raises(UsageError, match="expected a backup at"):
        restore(books.bot, file)
    file.write_text("hello")
    with pytest.raises(UsageError, match="is no backup"):
        restore(books.bot, file)


def test_while_a_bot_runs_nothing_is_changed(books: Books, file: Path) -> None:
    books.begin(trades=1)
    back_up(books.bot, file)
    before = tree(books.folder)
    with DecisionLog(books.state.decisions), pytest.raises(PlimsollError, match="a bot runs on"):
        restore(books.bot, file)
    assert tree(books.folder) == before


# Kills

WRITES = {"os.rename", "os.link", "os.remove", "os.rmdir", "os.truncate", "sqlite3.connect"}


def killed_at(step: int, bot: Any, file: Path) -> int:
    """Restore in a child that dies just before its n-th write; return the child's status."""
    child = os.fork()
    if child == 0:
        seen = 0

        def count(event: str, arguments: tuple[Any, ...]) -> None:
            nonlocal seen
            writes = event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR)
            if writes or event in WRITES:
                seen += 1
                if seen == step:
                    os._exit(KILLED)

        sys.addaudithook(count)
        try:
            restore(bot, file)
        except BaseException:  # noqa: BLE001 - a child of a test runs no test
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.parametrize("fresh", [False, True], ids=["beside a halted bot", "on a new machine"])
def test_a_kill_at_any_step_leaves_old_or_new_and_never_looser(
    tmp_path: Path, file: Path, fresh: bool
) -> None:
    books, master = Books(tmp_path / "user_data"), tmp_path / "master"
    books.begin(*((FELL,) if fresh else ()), trades=1)
    back_up(books.bot, file)
    if fresh:
        shutil.rmtree(books.folder)
        books.folder.mkdir()
    else:
        books.begin(FELL, trades=1)
    shutil.copytree(books.folder, master)
    ends: list[str] = []
    for step in range(1, 400):
        shutil.rmtree(books.folder)
        shutil.copytree(master, books.folder)
        status = killed_at(step, books.bot, file)
        assert status in (0, KILLED), step
        if status == 0:
            break
        restored = books.database.is_file() and trades_in(books.database) == 1
        ends.append("new" if restored else "old")
        if not fresh:
            assert restored or trades_in(books.database) == 2
        flag = books.state.halt_reason()
        if fresh and not restored:
            assert not books.database.exists()
        else:
            assert "drawdown" in books.held(), step
        if restored and flag is None:
            assert STATE in books.held(), step
        if step % 5 == 0 or (len(ends) > 1 and ends[-1] != ends[-2]):
            assert rules(restore(books.bot, file)) >= {"drawdown", STATE}
            assert trades_in(books.database) == 1
            assert books.state.halt_reason() is None
    else:
        pytest.fail("the restore never ended")
    assert len(ends) >= 10
    assert ends == sorted(ends, reverse=True), "old until one moment, new from then on"
    assert set(ends) == {"old", "new"}
    assert BEGUN not in (books.state.halt_reason() or "")


def trades_in(database: Path) -> int:
    with closing(sqlite3.connect(database)) as connection:
        return int(connection.execute("SELECT COUNT(*) FROM trades").fetchone()[0])


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder and what is in it, but for locks and SQLite's own."""
    return {
        one.relative_to(folder).as_posix(): one.read_bytes()
        for one in sorted(folder.rglob("*"))
        if one.is_file() and not one.name.endswith((".lock", "-wal", "-shm"))
    }
