"""A journal file is whole or not there."""

import os
from pathlib import Path

import optuna
import psutil
import pytest

from plimsoll.core import PlimsollError
from plimsoll.lab.search.new_journal import new_journal
from plimsoll.lab.search.storage import open_storage


def test_it_is_there_at_the_end_alone(tmp_path: Path) -> None:
    file = tmp_path / "new" / "a.journal"
    with new_journal(file) as storage:
        optuna.create_study(storage=storage, study_name="a")
        assert not file.exists()
    assert optuna.get_all_study_names(open_storage(str(file))) == ["a"]
    assert [one.name for one in file.parent.iterdir()] == ["a.journal"]
    assert file.stat().st_mode & 0o777 == 0o600


def test_after_an_error_there_is_nothing(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), new_journal(tmp_path / "a.journal"):
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_came_meanwhile_stays(tmp_path: Path) -> None:
    file = tmp_path / "a.journal"
    with pytest.raises(PlimsollError, match="expected no file at"), new_journal(file):
        file.write_text("another's", encoding="utf-8")
    assert file.read_text(encoding="utf-8") == "another's"
    assert list(tmp_path.iterdir()) == [file]


def test_what_a_killed_process_left_is_removed_and_what_a_living_one_makes_is_not(
    tmp_path: Path,
) -> None:
    dead = next(pid for pid in range(4_000_000, 2**22) if not psutil.pid_exists(pid))
    left, living = tmp_path / f".a.journal.{dead}", tmp_path / f".a.journal.{os.getppid()}"
    left.touch()
    living.touch()
    with new_journal(tmp_path / "a.journal"):
        pass
    assert (left.exists(), living.exists()) == (False, True)
