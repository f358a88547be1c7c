"""``plimsoll drill --all`` and ``--check`` refuse what they cannot do, and say what they did."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from plimsoll.cli import app
from plimsoll.core import UsageError
from plimsoll.lab.drilling.certificate import Subject, make_certificate, write_certificate
from plimsoll.lab.drilling.row import Cell, Row

ONE_ROW = ("--only", "drawdown/none/live")


def said(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["drill", *words])
    return done.exit_code, done.output or str(done.exception)


def certificate(folder: Path, *, ok: bool) -> Path:
    row = Row(cell=Cell("drawdown", "none", "live"), rule="drawdown")
    row.check("exchange flat", ok)
    made = make_certificate(Subject(), [row], wanted=1, modes=("live",), seed=7, seconds=1.0)
    return write_certificate(made, folder)


def test_a_green_certificate_of_this_code_holds(tmp_path: Path) -> None:
    status, text = said("--check", str(certificate(tmp_path, ok=True)), *ONE_ROW)
    assert status == 0
    assert "holds: 1 rows, all green" in text


def test_a_red_one_does_not(tmp_path: Path) -> None:
    status, text = said("--check", str(certificate(tmp_path, ok=False)), *ONE_ROW, "--json")
    assert status == 1
    assert json.loads(text) == {"ok": False, "faults": ["red: drawdown / none / live"]}


def test_a_part_does_not_hold_for_the_whole(tmp_path: Path) -> None:
    status, text = said("--check", str(certificate(tmp_path, ok=True)))
    assert status == 1
    assert "rows are not in it" in text


def test_one_of_the_shipped_layers_does_not_hold_for_limits_of_ones_own(tmp_path: Path) -> None:
    layer = tmp_path / "mine.json"
    layer.write_text(json.dumps({"plimsoll": {"risk": {"max_trades_per_day": 3}}}))
    status, text = said("--check", str(certificate(tmp_path, ok=True)), "-c", str(layer))
    assert status == 1
    assert "stale: the risk profile changed" in text


@pytest.mark.parametrize(
    "words",
    [
        ("--all", "--only", "nothing-of-it"),
        ("--all", "--mode", "paper"),
        ("--all", "--strategy", "Nobody"),
        ("--all", "--own-limits"),
        ("--check", "nowhere.json"),
        (),
    ],
)
def test_what_cannot_be_done_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "user_data" / "strategies").mkdir(parents=True)
    done = CliRunner().invoke(app, ["drill", *words])
    assert isinstance(done.exception, UsageError)
    assert not list(tmp_path.glob("out/*"))
