"""Search a model's parameters inside its training window, within a budget, and go on after a kill.

Each trial is judged on later stretches of the training rows (`plimsoll.labels.forward_folds`).
The rows that the model is tested on, and all later ones, have no part in it.
"""

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import Trial, TrialState

from plimsoll.core import PlimsollError
from plimsoll.labels import forward_folds
from plimsoll.modelling.fitting import Make, Rows, classes_and_codes, fit
from plimsoll.modelling.parts import part_of
from plimsoll.modelling.settings import TuningSettings

LEAST_PROBABILITY = 1e-15

Tuned = Callable[[Mapping[str, Any]], Any]
"""Returns a new estimator with some parameters replaced."""


@dataclass(frozen=True)
class Range:
    """What one parameter may be: whole numbers when both ends are."""

    low: float
    high: float
    log: bool = False

    def drawn(self, trial: Trial, name: str) -> float:
        """Return a value of a trial."""
        if isinstance(self.low, int) and isinstance(self.high, int):
            return trial.suggest_int(name, self.low, self.high, log=self.log)
        return trial.suggest_float(name, self.low, self.high, log=self.log)


def tuned(
    make: Tuned,
    rows: Rows,
    space: Mapping[str, Range],
    settings: TuningSettings,
    *,
    storage: Path,
    asked: str,
    classes: bool,
) -> dict[str, Any]:
    """Return the best parameters that the budget found.

    Parameters
    ----------
    make
        Returns an estimator with parameters of the space replaced.
    rows
        All that may be learned from, in time order.
    space
        Parameters by name.
    settings
        Budget, folds and seed.
    storage
        Optuna's journal file; its folder is made. Trials that are in it are not run again.
    asked
        What else decides (the model, its other parameters, code and versions).
    classes
        Whether labels are classes (judged by log loss) or numbers (by squared error).

    Raises
    ------
    PlimsollError
        When no trial could be judged within the budget.

    Notes
    -----
    Each trial's sampler is seeded by the trials that were completed before it, so that a search
    that was killed and goes on ends as one that was not. A budget of seconds depends on the
    machine: the same rows may then give other parameters.
    """
    study = _study(storage, rows, space, settings, asked)
    ends = None if settings.seconds is None else time.monotonic() + settings.seconds
    while len(done := _completed(study)) < settings.trials:
        if done and ends is not None and time.monotonic() >= ends:
            break
        study.sampler = optuna.samplers.TPESampler(seed=settings.seed + len(done))
        trial = study.ask()
        drawn = {name: one.drawn(trial, name) for name, one in space.items()}
        loss = _loss(partial(make, drawn), rows, settings.folds, classes=classes)
        study.tell(trial, loss)
    best = min(_completed(study), key=lambda trial: (trial.value, trial.number))
    return dict(best.params)


def _study(
    storage: Path,
    rows: Rows,
    space: Mapping[str, Range],
    settings: TuningSettings,
    asked: str,
) -> optuna.Study:
    storage.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    for part in (rows.features, rows.weights):
        digest.update(np.ascontiguousarray(part).tobytes())
    digest.update(json.dumps([str(label) for label in rows.labels]).encode())
    kept = [asked, settings.folds, settings.seed, sorted((k, str(v)) for k, v in space.items())]
    digest.update(json.dumps(kept).encode())
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        study = optuna.create_study(
            storage=JournalStorage(JournalFileBackend(str(storage))),
            study_name=digest.hexdigest()[:24],
            load_if_exists=True,
        )
    finally:
        optuna.logging.set_verbosity(verbosity)
    for trial in study.get_trials(states=(TrialState.RUNNING,)):  # one that was killed
        study.tell(trial.number, state=TrialState.FAIL)
    return study


def _completed(study: optuna.Study) -> list[Any]:
    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))


def _loss(make: Make, rows: Rows, folds: int, *, classes: bool) -> float:
    """Return the mean loss on later rows: of logarithms for classes, of squares for numbers."""
    names: tuple[str, ...] = ()
    if classes:
        names, codes = classes_and_codes(rows.labels)
        rows = Rows(rows.features, codes, rows.weights, rows.horizon_candles, rows.embargo_candles)
    total, count = 0.0, 0
    for learned, held in forward_folds(
        len(rows),
        folds=folds,
        horizon_candles=rows.horizon_candles,
        embargo_candles=rows.embargo_candles,
    ):
        part = rows.chosen(learned)
        if len(np.unique(part.labels)) < len(names):
            continue
        estimator = make()
        fit(estimator, part)
        said = part_of(estimator, classes=len(names)).predict(rows.features[held])
        truth = rows.labels[held]
        if classes:
            happened = said[np.arange(len(held)), truth]
            total -= float(np.log(np.maximum(happened, LEAST_PROBABILITY)).sum())
        else:
            total += float(((said - truth) ** 2).sum())
        count += len(held)
    if not count:
        raise PlimsollError(
            f"expected a fold of {folds} before which every class occurs, found none; lengthen "
            "train_period_days, or lower freqai.plimsoll.tuning.folds"
        )
    return total / count
