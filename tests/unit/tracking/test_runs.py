"""Runs in the real MLflow, and none of it where tracking is off."""

import logging
import subprocess
import sys
from pathlib import Path

import pytest

from plimsoll.tracking.runs import TrackedRun, flat, track
from plimsoll.tracking.settings import TrackingSettings
from tests.conftest import ROOT
from tests.unit.tracking.mlflow_store import client_of, require_mlflow, runs_in

ON = TrackingSettings(enabled=True)


def test_a_run_has_parameters_measures_fingerprints_and_files(tmp_path: Path) -> None:
    require_mlflow()
    plot = tmp_path / "calibration.png"
    plot.write_bytes(b"picture")
    run = TrackedRun(
        "training",
        "LightGBMDirection BTC",
        parameters={"trees": {"n_estimators": 150, "depth": [1, 2]}, "long": "x" * 900},
        metrics={"holdout_skill": 0.02, "unknown": float("nan"), "none": None, "a%b": 1.0},
        tags={"code_fingerprint": "abc"},
        files=[plot, tmp_path / "not-there.png"],
    )
    number = track(ON, tmp_path, run)
    [found] = runs_in(tmp_path)
    assert found.info.run_id == number
    assert found.info.status == "FINISHED"
    assert found.data.params["trees.n_estimators"] == "150"
    assert len(found.data.params["long"]) == 500
    assert found.data.metrics == {"holdout_skill": 0.02, "a_b": 1.0}
    assert found.data.tags["code_fingerprint"] == "abc"
    assert found.data.tags["plimsoll.kind"] == "training"
    assert [one.path for one in client_of(tmp_path).list_artifacts(number)] == ["calibration.png"]


def test_two_hundred_parameters_are_logged(tmp_path: Path) -> None:
    require_mlflow()
    many = {f"p{number}": number for number in range(230)}
    assert track(ON, tmp_path, TrackedRun("tuning", "x", parameters=many)) is not None
    [found] = runs_in(tmp_path)
    assert len(found.data.params) == 230


def test_a_store_that_cannot_be_used_is_a_warning_and_no_end(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    require_mlflow()
    (tmp_path / "mlruns").write_text("a file, not a folder")
    with caplog.at_level(logging.WARNING):
        assert track(ON, tmp_path, TrackedRun("training", "x")) is None
    assert "the training of x was not tracked" in caplog.text


OFF = """
import sys
from pathlib import Path
from plimsoll.tracking import TrackedRun, TrackingSettings, track
assert track(TrackingSettings(), Path("x"), TrackedRun("training", "x")) is None
assert not [name for name in sys.modules if name.split(".")[0] == "mlflow"]
"""

MISSING = """
import logging, sys
from pathlib import Path
sys.modules["mlflow"] = None
from plimsoll.tracking import TrackedRun, TrackingSettings, track
logging.basicConfig(stream=sys.stdout)
assert track(TrackingSettings(enabled=True), Path("x"), TrackedRun("training", "x")) is None
"""


def test_off_imports_nothing_and_missing_names_the_extra() -> None:
    for code, said in ((OFF, ""), (MISSING, "pip install 'freqtrade-plimsoll[tracking]'")):
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT
        )
        assert done.returncode == 0, done.stderr
        assert said in done.stdout


def test_nested_values_have_dotted_names() -> None:
    assert list(flat({"a": {"b": {"c": 1}}, "d": [2]})) == [("a.b.c", 1), ("d", [2])]
