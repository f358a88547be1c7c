"""``plimsoll walk-forward``: what is asked for, and what is shown."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from plimsoll.cli import app
from plimsoll.lab.walk_forward import run
from plimsoll.lab.walk_forward.run import PathRequest, WalkOutcome, WalkRequest
from plimsoll.lab.walk_forward.stability import ParameterStability
from plimsoll.performance.windows import WindowKind

WINDOW = {
    "train": ["2025-06-01T00:00:00Z", "2025-06-04T00:00:00Z"],
    "test": ["2025-06-04T00:00:00Z", "2025-06-06T00:00:00Z"],
    "train_sharpe": 2.5,
    "test_sharpe": None,
    "test_return_fraction": 0.01,
    "trades": 3,
    "confirmed": True,
}
OUTCOME = WalkOutcome(
    record={
        "strategy": "TrendFollow",
        "kind": "rolling",
        "windows": [WINDOW, {**WINDOW, "test": ["2025-06-06T00:00:00Z", "2025-06-08T00:00:00Z"]}],
        "trials": 60,
        "trials_on_data": 90,
        "out_of_sample": {
            "days": 4,
            "daily_returns": [0.01, -0.01, 0.0, 0.02],
            "sharpe": 1.25,
            "total_return_fraction": 0.0199,
            "drawdown_fraction": 0.01,
        },
        "result_file": "walk-forward-a.zip",
    },
    paths_record={
        "groups": 4,
        "tested": 1,
        "trials": 10,
        "sharpes": [1.0, -0.5, 2.0],
        "overfitting": {"probability": 0.25},
    },
    stability=(
        ParameterStability("period", (10, 20), 5.0, 25.0, 0.5, 1 / 3),
        ParameterStability("way", ("up", "up"), None, None, 0.0, 0.5),
    ),
    evidence_file=Path("a.json"),
    result_file=Path("walk-forward-a.zip"),
    seconds=12.0,
    again=0,
)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[WalkRequest]:
    """Requests that reach the walk-forward, which answers `OUTCOME`."""
    requests: list[WalkRequest] = []
    monkeypatch.setattr(run, "walk_forward", lambda one, _: (requests.append(one), OUTCOME)[1])
    return requests


def test_windows_and_gaps_are_ours_and_the_rest_is_freqtrades(asked: list[WalkRequest]) -> None:
    words = ["walk-forward", "--windows", "4", "--test-days", "10", "--anchored", "--no-paths"]
    words += ["--purge-days", "1", "--embargo-days", "2", "--strategy", "A", "--epochs", "30"]
    assert CliRunner().invoke(app, words).exit_code == 0
    [request] = asked
    assert request.arguments == ("--strategy", "A", "--epochs", "30")
    assert (request.cut.windows, request.cut.test_days) == (4, 10.0)
    assert request.cut.kind is WindowKind.ANCHORED
    assert (request.cut.purge_days, request.cut.embargo_days) == (1.0, 2.0)
    assert request.paths == PathRequest(wanted=False, groups=8, tested=2)


def test_windows_paths_and_parameters_are_shown(asked: list[WalkRequest]) -> None:
    said = CliRunner().invoke(app, ["walk-forward"]).output
    assert "Out of sample: 4 days, +1.99%, Sharpe 1.25 a year, deepest fall 1.00%" in said
    assert "60 trials, 90 on this data by now" in said
    assert "3 paths of 10 trials: Sharpe -0.50 to 2.00, median 1.00" in said
    assert "probability of overfitting 25%" in said
    assert "period: 10, 20 (steps of 50% of its range; by luck 33%)" in said


def test_json_has_record_paths_and_stability(asked: list[WalkRequest]) -> None:
    told = json.loads(CliRunner().invoke(app, ["walk-forward", "--json"]).stdout)
    assert told["trials"] == 60
    assert told["paths"]["overfitting"] == {"probability": 0.25}
    assert told["stability"][0]["winners"] == [10, 20]


def test_a_page_is_written_where_it_is_asked_for(asked: list[WalkRequest], tmp_path: Path) -> None:
    made = CliRunner().invoke(app, ["walk-forward", "--out", str(tmp_path / "page")])
    assert made.exit_code == 0, made.output
    names = sorted(one.name for one in (tmp_path / "page").iterdir())
    assert names == ["walk-forward.html", "walk-forward.md", "walk-forward.png"]


def test_a_window_that_was_not_confirmed_ends_with_a_status(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    windows = [WINDOW, {**WINDOW, "confirmed": False}]
    other = replace(OUTCOME, record={**OUTCOME.record, "windows": windows}, paths_record=None)
    monkeypatch.setattr(run, "walk_forward", lambda *_: other)
    made = CliRunner().invoke(app, ["walk-forward"])
    assert made.exit_code == 1
    assert "NO" in made.output
