"""Local workers: killed ones are replaced, and the search ends with every epoch."""

import os
import signal
from pathlib import Path

import psutil
import pytest
from optuna.trial import TrialState

from plimsoll.core import PlimsollError
from plimsoll.lab.search.epochs import Epoch, Epochs
from plimsoll.lab.search.identity import identity_of
from plimsoll.lab.search.pool import search_locally
from plimsoll.lab.search.storage import StorageGoneError, open_storage
from plimsoll.lab.search.studies import OWNER, open_study
from plimsoll.lab.search.worker import Place, Told, study_at


def placed(epochs: Epochs, file: Path, count: int) -> Place:
    storage = open_storage(str(file))
    open_study(storage, "a", identity_of(epochs, "d"), seed=1, address=str(file))
    return Place(str(file), "a", count)


def test_two_workers_share_the_epochs(epochs: Epochs, tmp_path: Path) -> None:
    place, told = placed(epochs, tmp_path / "a.journal", 8), list[Told]()
    search_locally(epochs, place, workers=2, tell=told.append, warn=pytest.fail)
    trials = study_at(place).trials
    ended = [one for one in trials if one.state is TrialState.COMPLETE]
    assert sorted(one.number for one in told) == [one.number for one in ended]
    assert len(ended) == 8
    assert len({one.user_attrs[OWNER] for one in ended}) == 2
    for one in told[:2]:
        assert epochs.evaluate(one.params) == Epoch(one.loss, one.trades, one.profit_fraction)


def test_a_killed_worker_is_replaced_and_its_epoch_run_again(
    epochs: Epochs, tmp_path: Path
) -> None:
    place, told, warned = placed(epochs, tmp_path / "a.journal", 6), list[Told](), list[str]()

    # The venue of the ground is a child of this process too: only forks of it are workers.
    before = {one.pid for one in psutil.Process().children()}

    def kill_worker(one: Told) -> None:
        told.append(one)
        if len(told) == 2:
            now = {child.pid for child in psutil.Process().children()} - before
            os.kill(min(now), signal.SIGKILL)

    search_locally(epochs, place, workers=2, tell=kill_worker, warn=warned.append)
    ended = [one for one in study_at(place).trials if one.state is TrialState.COMPLETE]
    assert len(ended) == 6
    assert len(warned) == 1
    assert "killed by SIGKILL" in warned[0]
    assert not any(one.state is TrialState.RUNNING for one in study_at(place).trials)


def test_workers_that_die_one_after_another_end_the_search(
    epochs: Epochs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(epochs, "evaluate", lambda _: os._exit(3))
    place, warned = placed(epochs, tmp_path / "a.journal", 6), list[str]()
    with pytest.raises(PlimsollError, match="4 workers died one after another"):
        search_locally(epochs, place, workers=1, tell=pytest.fail, warn=warned.append)
    assert len(warned) == 4


def test_what_an_epoch_raises_ends_the_search_in_a_line(
    epochs: Epochs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(epochs, "evaluate", lambda params: 1 / 0)
    place = placed(epochs, tmp_path / "a.journal", 6)
    with pytest.raises(PlimsollError, match="an epoch failed: ZeroDivisionError"):
        search_locally(epochs, place, workers=2, tell=pytest.fail, warn=pytest.fail)


def test_a_storage_that_goes_away_ends_the_search_in_a_line(
    epochs: Epochs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(epochs, "evaluate", lambda _: Epoch(1.0, 10, 0.1))
    file = tmp_path / "a.journal"
    place = placed(epochs, file, 100_000)

    def told(one: Told) -> None:
        if one.number == 3:
            file.unlink()

    with pytest.raises(StorageGoneError, match="does not answer any more"):
        search_locally(epochs, place, workers=2, tell=told, warn=pytest.fail)
