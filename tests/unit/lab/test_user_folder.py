"""Laying the bundle out: what becomes of each file in the user's folder."""

import shutil
from pathlib import Path

import pytest

from plimsoll.core import PlimsollError, UsageError
from plimsoll.lab import user_folder
from plimsoll.lab.user_folder import RECORD, Outcome, lay_out

NAME = "strategies/TrendFollow.py"


def outcomes(folder: Path, *, replace_changed: bool = False) -> dict[str, Outcome]:
    laid = lay_out(folder, replace_changed=replace_changed)
    return {file.name: file.outcome for file in laid}


@pytest.fixture
def laid_by_older(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    """A folder that an older release laid out, with another version of one file."""
    older = tmp_path_factory.mktemp("older")
    for kind in user_folder.KINDS:
        shutil.copytree(root / "user_data" / kind, older / kind)
    (older / NAME).write_text("# older\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(user_folder, "user_data_folder", lambda kind: older / kind)
        lay_out(tmp_path)
    return tmp_path


@pytest.fixture
def laid(tmp_path: Path) -> Path:
    """A folder that was laid out before."""
    lay_out(tmp_path)
    return tmp_path


def shipped(root: Path) -> str:
    return (root / "user_data" / NAME).read_text(encoding="utf-8")


def test_into_an_absent_folder_every_file_is_new(tmp_path: Path, root: Path) -> None:
    folder = tmp_path / "deep" / "user_data"
    found = outcomes(folder)
    assert set(found.values()) == {Outcome.NEW}
    assert {NAME, "config/base.json", "config/mode-live.json"} <= set(found)
    assert (folder / NAME).read_text(encoding="utf-8") == shipped(root)
    assert (folder / "backtest_results").is_dir()


def test_a_second_call_finds_everything_the_same(laid: Path) -> None:
    assert set(outcomes(laid).values()) == {Outcome.SAME}


def test_an_untouched_file_of_an_older_release_is_updated(laid_by_older: Path, root: Path) -> None:
    found = outcomes(laid_by_older)
    assert found.pop(NAME) is Outcome.UPDATED
    assert set(found.values()) == {Outcome.SAME}
    assert (laid_by_older / NAME).read_text(encoding="utf-8") == shipped(root)
    assert not list(laid_by_older.rglob("*.bak"))


def test_a_changed_file_of_an_older_release_is_kept(laid_by_older: Path) -> None:
    (laid_by_older / NAME).write_text("# mine\n", encoding="utf-8")
    assert outcomes(laid_by_older)[NAME] is Outcome.KEPT


def test_a_file_that_its_owner_changed_is_kept_again_and_again(laid: Path) -> None:
    (laid / NAME).write_text("# mine\n", encoding="utf-8")
    assert outcomes(laid)[NAME] is Outcome.KEPT
    assert outcomes(laid)[NAME] is Outcome.KEPT
    assert (laid / NAME).read_text(encoding="utf-8") == "# mine\n"


def test_a_file_of_the_owners_that_was_there_first_is_kept(tmp_path: Path) -> None:
    (tmp_path / "strategies").mkdir()
    (tmp_path / NAME).write_text("# mine\n", encoding="utf-8")
    found = outcomes(tmp_path)
    assert found.pop(NAME) is Outcome.KEPT
    assert set(found.values()) == {Outcome.NEW}


def test_a_changed_file_is_replaced_on_request_and_saved_first(laid: Path, root: Path) -> None:
    (laid / NAME).write_text("# mine\n", encoding="utf-8")
    found = outcomes(laid, replace_changed=True)
    assert found.pop(NAME) is Outcome.REPLACED
    assert set(found.values()) == {Outcome.SAME}
    assert (laid / NAME).read_text(encoding="utf-8") == shipped(root)
    assert (laid / f"{NAME}.bak").read_text(encoding="utf-8") == "# mine\n"


def test_a_replaced_file_counts_as_untouched_from_then_on(laid: Path) -> None:
    (laid / NAME).write_text("# mine\n", encoding="utf-8")
    lay_out(laid, replace_changed=True)
    assert outcomes(laid)[NAME] is Outcome.SAME
    with pytest.MonkeyPatch.context() as patch:
        newer = laid.parent / "newer"
        shutil.copytree(user_folder.user_data_folder("strategies"), newer / "strategies")
        (newer / NAME).write_text("# newer\n", encoding="utf-8")
        patch.setattr(user_folder, "KINDS", ("strategies",))
        patch.setattr(user_folder, "user_data_folder", lambda kind: newer / kind)
        assert outcomes(laid)[NAME] is Outcome.UPDATED


def test_a_deleted_file_is_laid_anew(laid: Path) -> None:
    (laid / NAME).unlink()
    assert outcomes(laid)[NAME] is Outcome.NEW


def test_a_lost_record_keeps_what_differs(laid_by_older: Path) -> None:
    (laid_by_older / RECORD).unlink()
    assert outcomes(laid_by_older)[NAME] is Outcome.KEPT


@pytest.mark.parametrize("content", ["{", "[1]", '"text"', ""])
def test_a_corrupted_record_is_named_and_nothing_is_touched(
    laid_by_older: Path, content: str
) -> None:
    (laid_by_older / RECORD).write_text(content, encoding="utf-8")
    with pytest.raises(PlimsollError, match=rf"{RECORD} to hold file hashes"):
        lay_out(laid_by_older)
    assert (laid_by_older / NAME).read_text(encoding="utf-8") == "# older\n"


def test_a_file_in_place_of_the_folder_is_wrong_usage(tmp_path: Path) -> None:
    file = tmp_path / "user_data"
    file.write_text("a file", encoding="utf-8")
    with pytest.raises(UsageError, match="expected a folder for --userdir, found the file"):
        lay_out(file)
    assert file.read_text(encoding="utf-8") == "a file"


@pytest.mark.parametrize("name", ["strategies", "config", "logs", NAME])
def test_a_file_and_a_folder_in_each_others_place_are_wrong_usage(
    tmp_path: Path, name: str
) -> None:
    if name == NAME:
        (tmp_path / NAME).mkdir(parents=True)
    else:
        (tmp_path / name).write_text("a file", encoding="utf-8")
    with pytest.raises(UsageError, match=name):
        lay_out(tmp_path)


def test_a_folder_below_a_file_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file", encoding="utf-8")
    with pytest.raises(UsageError, match="folder that can be written"):
        lay_out(tmp_path / "file" / "user_data")


def test_no_half_written_file_is_left_behind(laid: Path) -> None:
    assert not list(laid.rglob("*.half"))
