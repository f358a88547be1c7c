"""``plimsoll backup`` and ``restore``, as a person and a timer call them."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.support.backups import FELL, Books
from tests.unit.cli import commands
from tests.unit.cli.commands import Ran, assert_one_line


@pytest.fixture
def books(tmp_path: Path) -> Books:
    made = Books(tmp_path / "user_data", live=False)
    made.begin(FELL, trades=1)
    return made


@pytest.fixture
def run(
    books: Books, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ran]:
    layer = books.folder / "config.json"
    layer.write_text(
        json.dumps({"exchange": {"name": "binance"}, "trading_mode": "futures", "dry_run": True})
    )
    monkeypatch.chdir(books.folder.parent)
    where = ["--userdir", str(books.folder), "-c", str(layer)]
    where += ["--db-url", books.config["db_url"]]
    plimsoll = partial(commands.plimsoll, monkeypatch=monkeypatch, capsys=capsys)
    return lambda *words: plimsoll(*words, *where)


def test_a_backup_is_made_restored_and_said(run: Callable[..., Ran], tmp_path: Path) -> None:
    made = run("backup", str(tmp_path / "one.tar.gz"))
    assert made.status == 0, made
    assert "drawdown 13.00 %" in made.out
    seen = run("restore", str(tmp_path / "one.tar.gz"))
    assert seen.status == 0, seen
    for said in ("the decision log was kept", "held: HALTED drawdown", "plimsoll resume"):
        assert said in seen.out
    told = json.loads(run("restore", str(tmp_path / "one.tar.gz"), "--json").out)
    assert {one.split()[1].rstrip(":") for one in told["held"]} == {"drawdown", "state"}


def test_a_timer_fills_a_folder_and_keeps_the_newest(
    run: Callable[..., Ran], tmp_path: Path
) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    for day in (20, 21):
        (folder / f"plimsoll-202611{day}T000000Z.backup.tar.gz").touch()
    told = json.loads(run("backup", f"{folder}/", "--keep", "2", "--json").out)
    assert Path(told["file"]).is_file()
    assert len(told["removed"]) == 1
    assert len(list(folder.iterdir())) == 2


def test_wrong_usage_is_one_line(run: Callable[..., Ran], tmp_path: Path) -> None:
    seen = run("backup", str(tmp_path / "one.tar.gz"), "--keep", "2")
    assert seen.status == 2
    assert_one_line(seen, "expected a folder/")
    seen = run("restore", str(tmp_path / "none.tar.gz"))
    assert seen.status == 2
    assert_one_line(seen, "expected a backup at")
