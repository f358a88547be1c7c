"""What a study says of itself, the same from whatever storage it is read."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import optuna
from optuna.distributions import distribution_to_json
from optuna.storages import BaseStorage
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState

from plimsoll.lab.search.studies import MOVED, join_study

PARENTS = re.compile(r":parent:\d+$")
"""Optuna's genetic samplers keep in the study, by generation, the storage's ids of its parents."""
UNKNOWN = -1
"""For a parent that is no trial of the study."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyRecord:
    """A study as it was at a moment.

    Attributes
    ----------
    states
        How many trials are in each of Optuna's states.
    best
        The best value of a complete trial; `None` without one, or with several objectives.
    digest
        SHA-256 over everything that Optuna keeps of the study and its trials: numbers, states,
        times, values, parameters, distributions and attributes. Where it was moved to is no part.
    """

    name: str
    trials: int
    states: Mapping[str, int]
    best: float | None
    digest: str

    def difference(self, other: "StudyRecord") -> str:
        """Return in words how another record differs."""
        if self.trials != other.trials:
            return f"{self.trials:,} trials there, {other.trials:,} here"
        if self.states != other.states:
            return f"{_words(self.states)} there, {_words(other.states)} here"
        return "a value of it is another one"


def record_of(storage: BaseStorage, name: str) -> StudyRecord:
    """Read a study anew.

    Raises
    ------
    KeyError
        When there is none of that name.
    """
    study = join_study(storage, name, sampler=None)  # type: ignore[arg-type]
    trials = study.get_trials(deepcopy=False)
    own = {key: value for key, value in study.user_attrs.items() if key != MOVED}
    digest = sha256(
        _line(
            [
                [one.name for one in study.directions],
                own,
                with_parents(system(storage, name), ids_of(trials)),
            ]
        )
    )
    for trial in trials:
        digest.update(_line(_trial(trial)))
    states = Counter(trial.state.name for trial in trials)
    return StudyRecord(
        name=name,
        trials=len(trials),
        states=dict(sorted(states.items())),
        best=_best(study.directions, trials),
        digest=digest.hexdigest(),
    )


def system(storage: BaseStorage, name: str) -> dict[str, Any]:
    """Return what Optuna keeps in a study for itself."""
    return storage.get_study_system_attrs(storage.get_study_id_from_name(name))


def ids_of(trials: Sequence[FrozenTrial]) -> dict[int, int]:
    """Return the number of each trial by its id, which it has in this storage alone."""
    return {trial._trial_id: trial.number for trial in trials}  # noqa: SLF001 - no other way


def with_parents(attributes: Mapping[str, Any], others: Mapping[int, int]) -> dict[str, Any]:
    """Return a study's own attributes with other ids of the parents in them."""
    return {
        key: [others.get(one, UNKNOWN) for one in value] if is_of_parents(key, value) else value
        for key, value in attributes.items()
    }


def is_of_parents(key: str, value: Any) -> bool:
    """Return whether an attribute of a study is a list of ids of trials."""
    return PARENTS.search(key) is not None and isinstance(value, list)


def moved_to(study: Study) -> str | None:
    """Return where a study was moved to; `None` when it was not."""
    return study.user_attrs.get(MOVED) or None


def study_names(storage: BaseStorage) -> list[str]:
    """Return the names of the studies of a storage, in order."""
    return sorted(optuna.get_all_study_names(storage))


def _trial(trial: FrozenTrial) -> list[Any]:
    times = (trial.datetime_start, trial.datetime_complete)
    parameters = {
        name: [distribution_to_json(kind), kind.to_internal_repr(trial.params[name])]
        for name, kind in trial.distributions.items()
    }
    return [
        trial.number,
        trial.state.name,
        trial.values,
        [None if one is None else one.isoformat() for one in times],
        parameters,
        trial.user_attrs,
        trial.system_attrs,
        sorted(trial.intermediate_values.items()),
    ]


def _line(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, default=str).encode() + b"\n"


def _best(directions: Sequence[StudyDirection], trials: Sequence[FrozenTrial]) -> float | None:
    if len(directions) != 1:
        return None
    values = [one.value for one in trials if one.state is TrialState.COMPLETE]
    known = [one for one in values if one is not None]
    least = directions[0] is not StudyDirection.MAXIMIZE
    return (min if least else max)(known, default=None)


def _words(states: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {name.lower()}" for name, count in states.items()) or "nothing"
