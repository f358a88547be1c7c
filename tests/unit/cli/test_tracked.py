"""Which searches and walks are tracked: those whose config says so."""

import json
from pathlib import Path

import pytest

from plimsoll.cli.tracked import track_outcome
from tests.unit.tracking.mlflow_store import require_mlflow, runs_in


def config_in(folder: Path, *, enabled: bool) -> str:
    file = folder / "tracking.json"
    file.write_text(json.dumps({"plimsoll": {"tracking": {"enabled": enabled}}}))
    return str(file)


def test_a_walk_is_a_run_with_its_measures_and_evidence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    require_mlflow()
    evidence = tmp_path / "walk.json"
    evidence.write_text("{}")
    arguments = ["-c", config_in(tmp_path, enabled=True), "--strategy", "SlowTrend"]
    track_outcome(
        "walk-forward",
        [*arguments, f"--userdir={tmp_path}"],
        {"strategy": "SlowTrend", "windows": [1, 2], "params": {"buy": {"fast": 3}}},
        metrics={"sharpe": 0.4, "unknown": float("nan")},
        files=[evidence, None],
    )
    [run] = runs_in(tmp_path)
    assert run.data.tags["plimsoll.kind"] == "walk-forward"
    assert run.data.params["params.buy.fast"] == "3"
    assert "windows" not in run.data.params
    assert run.data.metrics == {"sharpe": 0.4}
    assert run.info.run_id in capsys.readouterr().err


def test_without_the_setting_or_a_config_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    off = ["--config", config_in(tmp_path, enabled=False), "--userdir", str(tmp_path)]
    for arguments in (off, ["--userdir", str(tmp_path)], []):
        track_outcome("tuning", arguments, {}, metrics={})
    assert not (tmp_path / "mlruns").exists()
