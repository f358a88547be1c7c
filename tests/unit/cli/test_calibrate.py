"""``plimsoll calibrate``: what is asked for, and what is shown."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from plimsoll.cli import app
from plimsoll.lab.calibration import own
from plimsoll.lab.calibration.edge import Edge
from plimsoll.lab.calibration.own import CalibrationOutcome, CalibrationRequest, Measured
from plimsoll.lab.calibration.plan import Cut
from plimsoll.lab.calibration.shares import share_of

ROW = {"name": "TrendFollow, synthetic, edge none, market 0", "go": False}


def outcome(opened: int) -> CalibrationOutcome:
    return CalibrationOutcome(
        strategy="TrendFollow",
        measured=(
            Measured(None, share_of(opened, 40), -0.5, 0.1),
            Measured(Edge(-2.0, 48), share_of(36, 40), 1.4, 0.1),
        ),
        rows=(ROW,),
        file=Path("rows-a.jsonl"),
        slower="position adjustment",
    )


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[CalibrationRequest]:
    """What the machinery is asked for; it answers that one of forty passed."""
    requests: list[CalibrationRequest] = []

    def answer(request: CalibrationRequest, _: object) -> CalibrationOutcome:
        requests.append(request)
        return outcome(1)

    monkeypatch.setattr(own, "calibrate_own", answer)
    return requests


def test_what_is_not_ours_is_hyperopts(asked: list[CalibrationRequest]) -> None:
    words = ["calibrate", "--markets", "40", "--windows", "2", "--strategy", "TrendFollow"]
    words += ["--trend", "1.5", "--reversion", "2", "--memory-hours", "48", "-c", "base.json"]
    answer = CliRunner().invoke(app, words)
    assert answer.exit_code == 0
    [request] = asked
    assert request.arguments == ("--strategy", "TrendFollow", "-c", "base.json")
    assert request.markets == 40
    assert request.cut == Cut(windows=2)
    assert request.edges == (Edge(1.5, 48.0), Edge(-2.0, 48.0))


def test_shares_are_shown_with_their_intervals(asked: list[CalibrationRequest]) -> None:
    shown = CliRunner().invoke(app, ["calibrate"], env={"COLUMNS": "120"}).stdout
    assert "2.5% (0.1% to 13.2%)" in shown
    assert "reversion of 48 h" in shown
    assert "Not in the compiled loop: position adjustment" in shown
    assert asked[0].cut == Cut()


@pytest.mark.usefixtures("asked")
def test_json_has_figures_and_rows() -> None:
    told = json.loads(CliRunner().invoke(app, ["calibrate", "--json"]).stdout)
    none, planted = told["measured"]
    assert (none["edge"], none["opened"], none["markets"]) == (None, 1, 40)
    assert planted["edge"]["sharpe"] == -2.0
    assert planted["mean_sharpe"] == 1.4
    assert told["rows"] == [ROW]


def test_a_gate_that_opens_too_often_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own, "calibrate_own", lambda *_: outcome(10))
    assert CliRunner().invoke(app, ["calibrate"]).exit_code == 1
