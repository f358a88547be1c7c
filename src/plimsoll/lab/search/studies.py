"""A search as an Optuna study: whose it is, what runs in it, and what it has found."""

import os
import socket
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import optuna
import psutil
from optuna.samplers import BaseSampler
from optuna.storages import BaseStorage
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from plimsoll.core import UsageError
from plimsoll.lab.search.epochs import WORST_LOSS
from plimsoll.lab.search.identity import Identity

optuna.logging.set_verbosity(optuna.logging.ERROR)

UID, IDENTITY, SEED, OWNER = "plimsoll_uid", "plimsoll_identity", "plimsoll_seed", "worker"
MOVED = "plimsoll_moved_to"
"""In a study that is somewhere else now: where."""
GIVEN_UP = (TrialState.FAIL, TrialState.PRUNED)
"""A trial that was lost, and one that another worker made needless: neither is an epoch."""
STALE = timedelta(minutes=30)
"""After so long a trial of another machine counts as killed: nobody here can look."""
UNOWNED = timedelta(minutes=1)
"""The same of a trial whose worker was killed before it could put its name to it."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a study is: epochs that ended, trials that were lost, and the best loss."""

    epochs: int
    lost: int
    best: FrozenTrial | None


def open_study(
    storage: BaseStorage, name: str, identity: Identity, *, seed: int, address: str
) -> Study:
    """Open a study, or make it; the first search says what it is, and with which seed.

    Raises
    ------
    UsageError
        When the study of that name is another search, with what differs, or was moved away.
    """
    study = optuna.create_study(
        storage=storage, study_name=name, direction="minimize", load_if_exists=True
    )
    if IDENTITY not in study.user_attrs:
        if study.get_trials(deepcopy=False):
            raise UsageError(
                f"the study {name} on {address} was not made by plimsoll search; choose another "
                "--study"
            )
        study.set_user_attr(UID, uuid4().hex)
        study.set_user_attr(SEED, seed)
        study.set_user_attr(IDENTITY, asdict(identity))
    if differing := identity.differing(study.user_attrs[IDENTITY]):
        raise UsageError(
            f"the study {name} on {address} is another search: its {' and '.join(differing)} "
            f"{'differs' if len(differing) == 1 else 'differ'}; choose another --study, or leave "
            "it out"
        )
    require_here(study, address)
    return study


def require_here(study: Study, address: str) -> None:
    """Refuse a study that was moved away.

    Raises
    ------
    UsageError
        Where it went.
    """
    if moved := study.user_attrs.get(MOVED):
        raise UsageError(
            f"the study {study.study_name} on {address} was moved to {moved}: go on there, with "
            "--storage; if it is not there, run plimsoll db migrate-studies again"
        )


def join_study(storage: BaseStorage, name: str, sampler: BaseSampler) -> Study:
    """Open a study that is there, to ask and tell by a sampler."""
    return optuna.load_study(storage=storage, study_name=name, sampler=sampler)


def progress_of(study: Study) -> Progress:
    """Return how far a study is."""
    trials = study.get_trials(deepcopy=False)
    ended = [one for one in trials if one.state is TrialState.COMPLETE]
    lost = sum(one.state is TrialState.FAIL for one in trials)
    return Progress(len(ended), lost, best_of(ended))


def best_of(trials: Sequence[FrozenTrial]) -> FrozenTrial | None:
    """Return the trial of the least loss, the earlier of two; none with too few trades counts."""
    usable = [one for one in trials if one.value is not None and one.value < WORST_LOSS]
    return min(usable, key=lambda one: (one.value, one.number), default=None)


def running_in(study: Study) -> list[int]:
    """Return the numbers of trials that a worker is at, or may be as far as can be seen here."""
    running = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
    return [trial.number for trial in running if not _is_lost(trial, (), UNOWNED)]


def has_unowned(study: Study) -> bool:
    """Return whether a trial has begun and no worker has put its name on it yet."""
    running = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
    return any(OWNER not in trial.user_attrs for trial in running)


def fail_lost(study: Study, *, gone: Sequence[str] = (), unowned: timedelta = UNOWNED) -> int:
    """Give up trials whose worker is gone, so that they are run again; return how many.

    ``gone`` names workers that are known to have ended. A trial without a name is given up when it
    is older than ``unowned``: its worker died before it could say who it is.
    """
    lost = [
        trial.number
        for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
        if _is_lost(trial, gone, unowned)
    ]
    for number in lost:
        study.tell(number, state=TrialState.FAIL, skip_if_finished=True)
    return len(lost)


def alive(owner: str) -> bool | None:
    """Return whether a worker runs; `None` where it is on another machine."""
    host, pid, began = owner.rsplit("/", 2)
    if host != socket.gethostname():
        return None
    try:
        return f"{psutil.Process(int(pid)).create_time():.2f}" == began
    except psutil.NoSuchProcess:
        return False


def own_name() -> str:
    """Return what tells this process from every other one, on whatever machine."""
    return f"{socket.gethostname()}/{os.getpid()}/{psutil.Process().create_time():.2f}"


def _is_lost(trial: FrozenTrial, gone: Sequence[str], unowned: timedelta) -> bool:
    owner = trial.user_attrs.get(OWNER)
    since = trial.datetime_start or datetime.now()  # noqa: DTZ005 - Optuna's own local time
    age = datetime.now() - since  # noqa: DTZ005 - the same
    if owner is None:
        return age > unowned
    runs = False if owner in gone else alive(owner)
    return age > STALE if runs is None else not runs


def identity_in(study: Study) -> dict[str, Any]:
    """Return the identity that a study records."""
    known: dict[str, Any] = study.user_attrs.get(IDENTITY, {})
    return known
