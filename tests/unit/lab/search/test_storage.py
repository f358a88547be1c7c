"""Where trials are kept, and what is said when that cannot be."""

from pathlib import Path

import optuna
import pytest
from sqlalchemy.exc import OperationalError

from plimsoll.core import UsageError
from plimsoll.lab.search.storage import (
    StorageGoneError,
    answering,
    default_journal,
    open_storage,
    shown,
)


@pytest.mark.parametrize("form", ["{}/a.journal", "sqlite:///{}/a.sqlite"])
def test_what_one_storage_is_told_another_reads(tmp_path: Path, form: str) -> None:
    address = form.format(tmp_path)
    study = optuna.create_study(storage=open_storage(address), study_name="a")
    study.optimize(lambda trial: trial.suggest_int("x", 0, 9), n_trials=2)
    again = optuna.load_study(storage=open_storage(address), study_name="a")
    assert [one.params for one in again.trials] == [one.params for one in study.trials]


def test_an_address_of_another_kind_is_refused() -> None:
    with pytest.raises(UsageError, match="found mysql://host/db"):
        open_storage("mysql://host/db")


def test_a_folder_is_no_journal(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be used as a journal"):
        open_storage(str(tmp_path))


def test_a_file_that_is_no_journal_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("not a journal\n", encoding="utf-8")
    with pytest.raises(UsageError, match="cannot be used as a journal"):
        open_storage(str(file))


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("not a database" * 100, encoding="utf-8")
    with pytest.raises(UsageError, match="not a database"):
        open_storage(f"sqlite:///{file}")


def test_nobody_at_an_address_is_told_without_the_password() -> None:
    pytest.importorskip("psycopg", reason="the extra `search` is not installed")
    with pytest.raises(UsageError) as caught:
        open_storage("postgresql://user:hidden@127.0.0.1:1/db")
    assert "hidden" not in str(caught.value)
    assert "postgresql://user:***@127.0.0.1:1/db" in str(caught.value)


def test_a_password_is_never_shown() -> None:
    assert shown("postgresql://a:b:c@h/d") == "postgresql://a:***@h/d"
    assert shown("postgresql://a@h/d") == "postgresql://a@h/d"
    assert shown("/tmp/a.journal") == "/tmp/a.journal"


@pytest.mark.parametrize(
    "fault", [OSError("no such file"), OperationalError("select", {}, Exception("gone\nmore"))]
)
def test_a_storage_that_goes_away_is_one_line(fault: Exception) -> None:
    gone = pytest.raises(StorageGoneError, match="run the same command again")
    with gone as caught, answering("postgresql://a:hidden@h/d"):
        raise fault
    assert "\n" not in str(caught.value)
    assert "hidden" not in str(caught.value)


def test_other_errors_are_not_the_storages() -> None:
    with pytest.raises(ZeroDivisionError), answering("a.journal"):
        raise ZeroDivisionError


def test_a_study_has_a_file_of_its_own(tmp_path: Path) -> None:
    assert default_journal(tmp_path, "one") != default_journal(tmp_path, "two")
