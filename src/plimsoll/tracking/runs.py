"""One run in MLflow: parameters, measures, fingerprints and files, logged when it is over.

MLflow is imported when the first run is logged, and never where tracking is off: its import takes
seconds. What cannot be logged is said and stops nothing.
"""

import logging
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

from plimsoll.core import PlimsollError
from plimsoll.tracking.settings import TrackingSettings

logger = logging.getLogger(__name__)

LONGEST_VALUE = 500
"""Characters of a parameter that every store of MLflow takes."""
MOST_FILE_BYTES = 200_000_000
QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_ALLOW_FILE_STORE": "true"}
"""Nothing is sent to MLflow's makers; and files are a store, though it prefers databases now."""

_mutex = Lock()


@dataclass(frozen=True, slots=True)
class TrackedRun:
    """What is logged of one training, search or walk.

    Attributes
    ----------
    kind
        ``training``, ``tuning`` or ``walk-forward``.
    name
        Such as the strategy, or the model and its pair.
    parameters
        What was asked; nested values become dotted names.
    metrics
        Numbers; one that is missing or not finite is left out.
    tags
        Fingerprints of code, config and data.
    files
        Plots and artefacts; one that is not there is left out.
    """

    kind: str
    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, float | None] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    files: Sequence[Path] = ()


def track(settings: TrackingSettings, userdir: Path, run: TrackedRun) -> str | None:
    """Log a run and return its MLflow id; ``None`` where tracking is off or it failed.

    It raises nothing: a store that cannot be reached is a warning, not the end of a training.
    """
    if not settings.enabled:
        return None
    try:
        return _logged(settings, userdir, run)
    except Exception as error:  # noqa: BLE001 - whatever a store may raise
        logger.warning("plimsoll: the %s of %s was not tracked: %s", run.kind, run.name, error)
        return None


def _logged(settings: TrackingSettings, userdir: Path, run: TrackedRun) -> str:
    client, entities = _mlflow(settings.uri_in(userdir))
    with _mutex:
        known = client.get_experiment_by_name(settings.experiment)
        experiment = (
            client.create_experiment(settings.experiment)
            if known is None
            else str(known.experiment_id)
        )
    tags = {"plimsoll.kind": run.kind, **{name: str(value) for name, value in run.tags.items()}}
    began = client.create_run(experiment, tags=tags, run_name=f"{run.kind} {run.name}")
    number = str(began.info.run_id)
    status = "FAILED"
    try:
        _values(client, entities, number, run)
        for file in run.files:
            if file.is_file() and file.stat().st_size <= MOST_FILE_BYTES:
                client.log_artifact(number, str(file))
        status = "FINISHED"
    finally:
        client.set_terminated(number, status)
    return number


def _values(client: Any, entities: Any, number: str, run: TrackedRun) -> None:
    parameters = [
        entities.Param(_name(name), str(value)[:LONGEST_VALUE])
        for name, value in flat(run.parameters)
    ]
    metrics = [
        entities.Metric(_name(name), float(value), 0, 0)
        for name, value in run.metrics.items()
        if value is not None and math.isfinite(value)
    ]
    for first in range(0, len(parameters), 100):  # what a store takes at once
        client.log_batch(number, params=parameters[first : first + 100])
    for first in range(0, len(metrics), 1000):
        client.log_batch(number, metrics=metrics[first : first + 1000])


def flat(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield nested values by dotted names; a list is one value."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def _name(name: str) -> str:
    """Return a name of the characters that MLflow takes."""
    return "".join(one if one.isalnum() or one in "_-. /" else "_" for one in name)


def _mlflow(uri: str) -> tuple[Any, Any]:
    """Return a client of a store, and MLflow's values; MLflow is imported here and nowhere else.

    Raises
    ------
    PlimsollError
        When it is not installed.
    """
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    try:
        from mlflow import entities
        from mlflow.tracking import MlflowClient
    except ImportError as error:
        raise PlimsollError(
            f"MLflow is not installed ({error}); pip install 'freqtrade-plimsoll[tracking]', or "
            "set plimsoll.tracking.enabled to false"
        ) from None
    return MlflowClient(tracking_uri=uri), entities
