"""``plimsoll review``: lines, JSON and status."""

import json
from pathlib import Path

import pytest

from tests.unit.cli.bots import make_database, usual_trades
from tests.unit.cli.commands import Run, assert_one_line
from tests.unit.cli.gates import STRATEGY, words

PERIOD = ["--monthly", "--of", "2025-03-02", "--starting-balance", "10000"]


@pytest.fixture
def folder(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A paper bot without any evidence."""
    monkeypatch.chdir(tmp_path)
    assert run("init", "--userdir", str(tmp_path / "user_data")).status == 0
    trades = usual_trades()
    for one in trades:
        one.strategy = STRATEGY
    make_database(tmp_path / "bot.sqlite", trades)
    return tmp_path


def asked(folder: Path, *more: str) -> list[str]:
    named = words(folder / "user_data")
    return ["review", *named, "--db-url", str(folder / "bot.sqlite"), *PERIOD, *more]


def test_a_look_shows_what_is_missing_and_what_to_type(folder: Path, run: Run) -> None:
    told = run(*asked(folder))
    assert told.status == 0, told.err
    assert "NOT MET step_days" in told.out
    assert "; in this period 31.0 days" in told.out
    assert (
        f"        live: none is on file for {STRATEGY}\n        -> plimsoll gate scale" in told.out
    )
    assert told.out.count("        -> plimsoll gate scale") == 1, "once for all that lack it"
    assert "the evidence speaks for: keep" in told.out
    assert "not decided: add --decide" in told.out


def test_a_decision_is_told_with_its_hash_and_an_increase_is_one_line(
    folder: Path, run: Run
) -> None:
    wish = ("--decide", "increase", "--by", "Ada", "--reason", "more")
    refused = run(*asked(folder, *wish))
    assert refused.status == 1
    assert_one_line(refused, "expected a verdict that gives capital before an increase")
    keep = ("--decide", "keep", "--by", "Ada", "--reason", "go on", "--json")
    record = json.loads(run(*asked(folder, *keep)).out)
    assert (record["review"]["decision"], record["is_new"]) == ("keep", True)
    again = run(*asked(folder, *keep[:-1]))
    assert "on record already: keep after 2025-03 by Ada" in again.out
    assert record["review"]["hash"][:12] in again.out


def test_a_decision_without_a_reason_is_wrong_usage(folder: Path, run: Run) -> None:
    told = run(*asked(folder, "--decide", "keep", "--by", "Ada"))
    assert told.status == 2
    assert_one_line(told, "expected --by and --reason")
