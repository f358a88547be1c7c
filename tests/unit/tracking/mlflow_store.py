"""Reads what was tracked, with the real MLflow; skips where that is not installed."""

from pathlib import Path
from typing import Any

import pytest

from plimsoll.tracking.runs import _mlflow


def runs_in(userdir: Path, experiment: str = "plimsoll") -> list[Any]:
    """The runs of an experiment, oldest first."""
    client = client_of(userdir)
    found = client.get_experiment_by_name(experiment)
    runs = [] if found is None else list(client.search_runs([found.experiment_id]))
    return sorted(runs, key=lambda one: one.info.start_time)


def require_mlflow() -> None:
    """Skip where it is not installed."""
    pytest.importorskip("mlflow", reason="MLflow is not installed: the extra `tracking`")


def client_of(userdir: Path) -> Any:
    require_mlflow()
    client, _ = _mlflow((userdir / "mlruns").as_uri())
    return client
