"""A search as a study: whose it is, and what of it was lost."""

import os
import socket
from dataclasses import replace
from pathlib import Path

import optuna
import psutil
import pytest
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState

from plimsoll.core import UsageError
from plimsoll.lab.search.epochs import WORST_LOSS
from plimsoll.lab.search.identity import Identity
from plimsoll.lab.search.storage import open_storage
from plimsoll.lab.search.studies import (
    OWNER,
    SEED,
    UID,
    alive,
    best_of,
    fail_lost,
    open_study,
    own_name,
    progress_of,
)

SPACE = {"x": FloatDistribution(0.0, 1.0)}
IDENTITY = Identity("TrendFollow", "20250601-", "SharpeHyperOptLoss", "d", "c", "f", "s")


def opened(file: Path, identity: Identity = IDENTITY, seed: int = 1) -> optuna.Study:
    return open_study(open_storage(str(file)), "a", identity, seed=seed, address=str(file))


def test_the_first_search_says_what_the_study_is(tmp_path: Path) -> None:
    first = opened(tmp_path / "a.journal", seed=3)
    again = opened(tmp_path / "a.journal", seed=4)
    assert again.user_attrs[UID] == first.user_attrs[UID]
    assert again.user_attrs[SEED] == 3


def test_another_search_of_the_name_is_refused_with_what_differs(tmp_path: Path) -> None:
    opened(tmp_path / "a.journal")
    with pytest.raises(UsageError, match="its data and space differ; choose another --study"):
        opened(tmp_path / "a.journal", replace(IDENTITY, data="e", space="t"))


def test_a_study_of_somebody_else_is_refused(tmp_path: Path) -> None:
    storage = open_storage(str(tmp_path / "a.journal"))
    optuna.create_study(storage=storage, study_name="a").optimize(lambda _: 1.0, n_trials=1)
    with pytest.raises(UsageError, match="not made by plimsoll search"):
        opened(tmp_path / "a.journal")


def test_only_trials_of_workers_that_are_gone_are_lost(tmp_path: Path) -> None:
    study = opened(tmp_path / "a.journal")
    mine, gone, named, elsewhere, bare = (study.ask(SPACE) for _ in range(5))
    mine.set_user_attr(OWNER, own_name())
    gone.set_user_attr(OWNER, f"{socket.gethostname()}/999999999/1.00")
    named.set_user_attr(OWNER, f"{own_name()}9")
    elsewhere.set_user_attr(OWNER, "another-host/1/1.00")
    assert fail_lost(study, gone=[f"{own_name()}9"]) == 2
    states = [one.state for one in study.trials]
    assert states[gone.number] is TrialState.FAIL
    assert states[named.number] is TrialState.FAIL
    assert {states[one.number] for one in (mine, elsewhere, bare)} == {TrialState.RUNNING}
    assert progress_of(study).lost == 2


def test_a_process_that_took_the_number_of_another_is_not_it() -> None:
    host, pid = socket.gethostname(), os.getpid()
    assert alive(own_name()) is True
    assert alive(f"{host}/{pid}/1.00") is False
    assert alive(f"other/{pid}/{psutil.Process().create_time():.2f}") is None


def test_the_best_is_the_least_loss_and_the_earlier_of_two(tmp_path: Path) -> None:
    study = opened(tmp_path / "a.journal")
    for loss in (WORST_LOSS, 2.0, 1.0, 1.0):
        study.tell(study.ask(SPACE), loss)
    best = best_of(study.trials)
    assert best is not None
    assert best.number == 2
    assert best_of(study.trials[:1]) is None
