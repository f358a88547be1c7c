"""``plimsoll report`` of bots and of several runs, through the command itself."""

import csv
import json
from pathlib import Path

import pandas as pd
import pytest

from plimsoll.cli.report_sources import Options, moment_of, url_of
from plimsoll.core import UsageError
from plimsoll.reporting.csv_files import COLUMNS
from tests.unit.cli.bots import ETH, HOSTILE, at, make_bot
from tests.unit.cli.commands import Run, assert_one_line
from tests.unit.reporting.runs import active_parts


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bot(tmp_path_factory.mktemp("bot"))


def test_a_bot_has_page_picture_and_tables(folder: Path, tmp_path: Path, run: Run) -> None:
    ran = run("report", "-c", str(folder / "config.json"), "--output", str(tmp_path))
    assert ran.status == 0, ran.err
    names = ["report.html", "report.png", *COLUMNS]
    assert ran.out.split() == [str(tmp_path / name) for name in names]
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Crosses: dry-run from 2025-03-01 to 2025-03-03" in page
    assert "Trade journal" in page
    assert "by Ann: looked at it" in page
    assert "Traded pairs held in equal parts" in page
    assert "1 entry order rests unfilled" in page
    assert "still open" in page
    assert active_parts(page) == []
    assert HOSTILE not in page
    with (tmp_path / "trades.csv").open(encoding="utf-8") as file:
        tags = [row["enter_tag"] for row in csv.DictReader(file)]
    assert tags[2].startswith("'=HYPERLINK")


def test_json_has_the_figures_and_the_files(folder: Path, tmp_path: Path, run: Run) -> None:
    words = ("--db", str(folder / "bot.sqlite"), "--userdir", str(folder / "user_data"))
    ran = run("report", *words, "-o", str(tmp_path), "--json", "--journal", "0")
    record = json.loads(ran.out)
    assert record["strategies"]["Crosses"]["closed_trades"] == 4
    assert record["trades.csv"] == str(tmp_path / "trades.csv")
    assert "Trade journal" not in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_the_span_and_the_journals_choice_hold(folder: Path, tmp_path: Path, run: Run) -> None:
    span = ("--since", "2025-03-01T11:00", "--until", "2025-03-02T12:00")
    words = ("--journal", "1", "--journal-of", "worst", "--benchmark", ETH)
    config = ("-c", str(folder / "config.json"), "-o", str(tmp_path))
    ran = run("report", *config, *span, *words, "--json")
    assert ran.status == 0, ran.err
    assert json.loads(ran.out)["strategies"]["Crosses"]["end"] == at(36).isoformat()
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert f"{ETH} held (no costs)" in page
    assert "1 trade of 2: the worst ones by profit" in page


def test_two_bots_are_compared_on_one_page(folder: Path, tmp_path: Path, run: Run) -> None:
    file = str(folder / "bot.sqlite")
    ran = run("report", "--db", file, "--db", f"sqlite:///{file}", "-o", str(tmp_path))
    assert ran.status == 0, ran.err
    assert ran.out.split()[0] == str(tmp_path / "comparison.html")
    page = (tmp_path / "comparison.html").read_text(encoding="utf-8")
    assert "2 runs side by side: Crosses" in page
    assert "Crosses (dry-run)" in page
    with (tmp_path / "equity.csv").open(encoding="utf-8") as rows:
        assert {row["name"] for row in csv.DictReader(rows)} == {"Crosses", "Crosses (dry-run)"}


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("--since", "2025-03-01"), "--since is about a bot"),
        (("--db", "{db}", "--since", "soon"), "a time such as 2025-03-01 or 2025-03-01T14:05, fo"),
        (("--db", "{db}", "--since", "2025-03-03", "--until", "2025-03-01"), "lies before --since"),
        (("--db", "{db}", "--since", "2031-01-01"), "the bot's records are of 2025-03-01"),
        (("--db", "{db}", "--journal-of", "odd"), "last, worst, best, found 'odd'"),
        (("--db", "{db}", "--db", "{db}", "-c", "x.json"), "belong to one bot"),
        (("--db", "{db}.none"), "found none"),
        (("--db", "{db}", "--strategy", "Other"), "found those of Crosses"),
        (("--db", "{db}", "--pair", "X/USDT"), "was not traded; the bot traded"),
        (("--db", "{html}"), "is no database of this Freqtrade"),
    ],
)
def test_wrong_usage_is_one_line(
    folder: Path, tmp_path: Path, run: Run, words: tuple[str, ...], part: str
) -> None:
    (tmp_path / "page.html").write_text("<p>no database, but long enough to be one</p>" * 5)
    places = {"db": str(folder / "bot.sqlite"), "html": str(tmp_path / "page.html")}
    filled = [word.format(**places) for word in words]
    ran = run("report", *filled, "-o", str(tmp_path / "out"))
    assert ran.status != 0
    assert_one_line(ran, part)


def test_a_day_as_the_end_means_all_of_it() -> None:
    assert moment_of("2025-03-01", "--until", is_end=True) == pd.Timestamp("2025-03-02", tz="UTC")
    assert moment_of("2025-03-01", "--since") == pd.Timestamp("2025-03-01", tz="UTC")
    zoned = moment_of("2025-03-01T02:00+02:00", "--until", is_end=True)
    assert zoned == pd.Timestamp("2025-03-01", tz="UTC")
    assert moment_of(None, "--since") is None
    with pytest.raises(UsageError, match="expected --until"):
        moment_of("1", "--until")


def test_a_file_is_an_address_as_it_is(tmp_path: Path) -> None:
    assert url_of(str(tmp_path / "x.sqlite")) == f"sqlite:///{tmp_path}/x.sqlite"
    assert url_of("postgresql+psycopg2://me@host/x") == "postgresql+psycopg2://me@host/x"


def test_every_database_is_a_bot_of_its_own() -> None:
    options = Options(databases=("a.sqlite", "b.sqlite"), results=(Path("r.zip"),))
    assert options.count == 3
    assert [bot.db_url for bot in options.bots] == ["sqlite:///a.sqlite", "sqlite:///b.sqlite"]
    assert Options().bots == []
    assert len(Options(userdir=Path("user_data")).bots) == 1
