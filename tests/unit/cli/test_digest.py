"""``plimsoll digest``: files, lines, JSON, status, and what is sent."""

import json
import sqlite3
from pathlib import Path

import pytest

from tests.unit.cli.bots import make_bot
from tests.unit.cli.commands import Run, assert_one_line


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bot(tmp_path_factory.mktemp("bot"))


def words(folder: Path, *more: str) -> list[str]:
    return ["digest", "-c", str(folder / "config.json"), *more]


def test_a_day_is_lines_a_page_and_a_picture_beside_the_bot(folder: Path, run: Run) -> None:
    before = (folder / "bot.sqlite").read_bytes()
    told = run(*words(folder, "--daily", "--of", "2025-03-02"))
    assert told.status == 0, told.err
    assert told.out.startswith("Crosses: daily digest, Sunday, 2025-03-02 (UTC)\n")
    assert "1 trade closed (0 won), 2 opened, 2 still open" in told.out
    own = folder / "user_data/plimsoll/digests"
    names = {f"daily-2025-03-02.{end}" for end in ("html", "png", "txt", "json")}
    assert names <= {file.name for file in own.iterdir()}
    assert (folder / "bot.sqlite").read_bytes() == before


def test_json_has_the_figures_and_the_files(folder: Path, run: Run, tmp_path: Path) -> None:
    told = run(*words(folder, "--weekly", "--of", "2025-03-01", "--json", "-o", str(tmp_path)))
    record = json.loads(told.out)
    assert record["period"]["name"] == "2025-W09"
    assert record["trades"]["closed"] == 2
    assert Path(record["files"]["png"]).read_bytes().startswith(b"\x89PNG")
    assert json.loads(Path(record["files"]["json"]).read_text())["causes"] == record["causes"]


def test_an_empty_period_says_so_with_status_0(folder: Path, run: Run) -> None:
    told = run(*words(folder, "--monthly", "--of", "2024-07-01"))
    assert told.status == 0
    assert "Nothing is on record" in told.out


def test_a_missing_or_foreign_database_is_one_line(tmp_path: Path, run: Run) -> None:
    absent = run("digest", "--db", str(tmp_path / "none.sqlite"), "--daily")
    assert absent.status == 2
    assert_one_line(absent, "expected the bot's database at")
    foreign = tmp_path / "foreign.sqlite"
    with sqlite3.connect(foreign) as made:
        made.execute("CREATE TABLE songs (name TEXT)")
    told = run("digest", "--db", str(foreign), "--daily")
    assert told.status == 1
    assert_one_line(told, "it has no table of trades")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--daily", "--weekly"), "expected one of --daily, --weekly and --monthly"),
        (("--daily", "--of", "soon"), "expected --of to be a time"),
        (("--daily", "--of", "2199-01-01"), "expected a period that is over"),
        (("--daily", "--send"), "--send needs an address"),
    ],
)
def test_wrong_usage_is_status_2(
    folder: Path, run: Run, more: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PLIMSOLL_WATCH__ALARMS", raising=False)
    told = run(*words(folder, *more))
    assert told.status == 2
    assert_one_line(told, said)


def test_an_address_that_does_not_take_it_is_status_1_and_the_files_are_there(
    folder: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLIMSOLL_WATCH__ALARMS", "json://127.0.0.1:9/nobody")
    told = run(*words(folder, "--daily", "--of", "2025-03-02", "--send", "-o", str(tmp_path)))
    assert told.status == 1
    assert "NOT DELIVERED to address 1; run it again" in told.err
    assert (tmp_path / "daily-2025-03-02.png").exists()
