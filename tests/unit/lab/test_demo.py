"""The folders of the demo's runs."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from plimsoll.lab.demo import run_folder

NOW = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)


def runs(out: Path, count: int) -> list[Path]:
    """Make the folders of so many runs, a minute apart."""
    made = []
    for minute in range(count):
        folder = run_folder(out, NOW + timedelta(minutes=minute))
        folder.mkdir(parents=True)
        (folder / "report.html").write_text("a report", encoding="utf-8")
        made.append(folder)
    return made


def test_a_run_gets_a_folder_that_nobody_has_made_yet(tmp_path: Path) -> None:
    folder = run_folder(tmp_path / "out", NOW)
    assert folder.parent == tmp_path / "out" / "runs"
    assert folder.name.startswith("20250102-030405-")
    assert not folder.exists()


def test_two_runs_of_one_second_get_two_folders(tmp_path: Path) -> None:
    assert run_folder(tmp_path, NOW) != run_folder(tmp_path, NOW)


def test_five_runs_are_kept_and_the_oldest_goes(tmp_path: Path) -> None:
    made = runs(tmp_path, 7)
    assert [folder.exists() for folder in made] == [False, False, True, True, True, True, True]


def test_what_is_no_run_is_never_removed(tmp_path: Path) -> None:
    mine = tmp_path / "runs" / "0-my-notes"
    mine.mkdir(parents=True)
    runs(tmp_path, 7)
    assert mine.exists()
