import json
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from plimsoll.cli.demo import publish
from plimsoll.lab.demo import Step
from tests.unit.cli.commands import Run

AT = datetime(2026, 11, 20, 14, 5, tzinfo=UTC)


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[Step]:
    """The steps that the demo takes; it runs nothing and draws empty files."""
    taken: list[Step] = []

    def run_demo(_: object, folder: Path, tell: Any) -> SimpleNamespace:
        for step in taken:
            tell(step)
        ok = all(step.ok for step in taken)
        return SimpleNamespace(folder=folder, ok=ok, steps=taken, halt_reason="too deep")

    def render(account: SimpleNamespace) -> list[Path]:
        account.folder.mkdir(parents=True, exist_ok=True)
        files = [account.folder / name for name in ("report.html", "report.png", "paper.png")]
        for file in files:
            file.touch()
        return files

    monkeypatch.setattr("plimsoll.lab.demo.run_demo", run_demo)
    monkeypatch.setattr("plimsoll.cli.demo._render", render)
    return taken


def test_each_step_is_a_line_and_the_report_lies_in_the_folder(
    run: Run, steps: list[Step], tmp_path: Path
) -> None:
    steps.append(Step(AT, "exchange: it listens", ok=True))
    ran = run("demo", "--out", str(tmp_path))
    assert ran.status == 0
    assert "exchange" in ran.out
    assert f"Report: {tmp_path}/report.html" in ran.out
    assert {file.name for file in tmp_path.iterdir() if file.is_file()} == {
        *("report.html", "report.png", "paper.png"),
    }


def test_a_step_that_fell_short_ends_with_1_and_is_in_the_record(
    run: Run, steps: list[Step], tmp_path: Path
) -> None:
    steps += [Step(AT, "exchange: it listens", ok=True), Step(AT, "bot: it died", ok=False)]
    ran = run("demo", "--out", str(tmp_path), "--json")
    assert ran.status == 1
    record = json.loads(ran.out)
    assert (record["ok"], record["halt_reason"]) == (False, "too deep")
    assert [step["ok"] for step in record["steps"]] == [True, False]
    assert "a step of the demo fell short" in ran.err


def test_apublished_file_replaces_the_older_one_and_leaves_nothing_else(tmp_path: Path) -> None:
    made, out = tmp_path / "run" / "report.png", tmp_path / "out"
    made.parent.mkdir()
    out.mkdir()
    made.write_text("new")
    (out / "report.png").write_text("old")
    assert publish(made, out).read_text() == "new"
    assert [file.name for file in out.iterdir()] == ["report.png"]
    assert made.exists()
