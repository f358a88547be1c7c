"""``plimsoll gate``: lines, JSON and exit status."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from plimsoll.gates.hashing import seal_fault
from tests.unit.cli import commands
from tests.unit.cli.commands import Ran, assert_one_line
from tests.unit.cli.gates import evidence_of, whole_folder, words

Run = Callable[..., Ran]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    return partial(commands.plimsoll, monkeypatch=monkeypatch, capsys=capsys)


def test_a_go_and_a_no_go_by_lines_json_and_status(run: Run, tmp_path: Path) -> None:
    userdir = tmp_path / "user_data"
    whole_folder(userdir)
    told = run("gate", "lab", *words(userdir))
    assert told.status == 1
    assert "NO-GO. the sandbox gate was not judged" in told.out
    told = run("gate", "sandbox", *words(userdir))
    assert told.status == 0
    assert "GO. All 9 criteria are met." in told.out
    assert f"{userdir}/plimsoll/evidence/bundles/TrendFollow/sandbox.html" in told.out
    record = json.loads(run("gate", "lab", *words(userdir), "--json").out)
    assert (record["gate"], record["verdict"]) == ("lab", "go")
    assert seal_fault(record) is None


def test_missing_evidence_is_a_line_and_the_command_that_makes_it(run: Run, tmp_path: Path) -> None:
    userdir = tmp_path / "user_data"
    assert run("init", "--userdir", str(userdir)).status == 0
    told = run("gate", "sandbox", *words(userdir))
    assert told.status == 1
    lines = [line.strip() for line in told.out.splitlines()]
    assert "walk-forward: none is on file for TrendFollow" in lines
    assert "-> plimsoll walk-forward --strategy TrendFollow" in lines


def test_files_are_filed_by_name_and_refused_in_one_line(run: Run, tmp_path: Path) -> None:
    userdir = tmp_path / "user_data"
    whole_folder(userdir)
    evidence = evidence_of(userdir)
    audit = tmp_path / "audit.json"
    audit.write_text(json.dumps(evidence.audit(compared=True)))
    told = run("gate", "file", str(audit), "--userdir", str(userdir))
    assert (told.status, told.out.startswith("filed: audit of TrendFollow, ")) == (0, True)
    [filed] = json.loads(run("gate", "file", str(audit), "--userdir", str(userdir), "--json").out)
    assert filed["kind"] == "audit"
    audit.write_text(json.dumps({**evidence.audit(), "sound": False}))
    refused = run("gate", "file", str(audit), "--userdir", str(userdir))
    assert refused.status == 1
    assert_one_line(refused, "audit.json", "it says sound False")
    absent = run("gate", "file", "none.json", "--userdir", str(userdir))
    assert absent.status == 2
    assert_one_line(absent, "expected a file of evidence at none.json")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("gate", "sandbox", "--strategy", "X", "--userdir", "nowhere"), "expected a user folder"),
        (("gate", "file", "a.json", "--userdir", "nowhere"), "expected a user folder"),
    ],
)
def test_wrong_usage_is_status_two(run: Run, given: tuple[str, ...], said: str) -> None:
    told = run(*given)
    assert told.status == 2
    assert_one_line(told, said)
