"""A worker: epochs until the study has enough of them."""

from pathlib import Path

import pytest
from optuna.trial import TrialState

from plimsoll.core import PlimsollError, UsageError
from plimsoll.lab.search.epochs import Epoch, Epochs
from plimsoll.lab.search.identity import identity_of
from plimsoll.lab.search.migrate import migrate_studies
from plimsoll.lab.search.storage import StorageGoneError, open_storage
from plimsoll.lab.search.studies import open_study
from plimsoll.lab.search.worker import Place, Told, Worker, study_at


def placed(epochs: Epochs, file: Path, count: int, stagnation: int = 0) -> Place:
    storage = open_storage(str(file))
    open_study(storage, "a", identity_of(epochs, "d"), seed=1, address=str(file))
    return Place(str(file), "a", count, stagnation)


def quick(monkeypatch: pytest.MonkeyPatch, epochs: Epochs) -> None:
    monkeypatch.setattr(epochs, "evaluate", lambda p: Epoch(float(p["slow_period"]), 10, 0.1))


def test_a_worker_runs_as_many_epochs_as_are_asked_for(
    epochs: Epochs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick(monkeypatch, epochs)
    place, told = placed(epochs, tmp_path / "a.journal", 7), list[Told]()
    Worker(epochs, place).run(told.append)
    trials = study_at(place).trials
    assert [one.number for one in told] == list(range(7))
    assert [one.value for one in trials] == [one.loss for one in told]
    Worker(epochs, place).run(told.append)
    assert len(told) == 7


def test_parameters_that_were_tried_are_not_run_again(
    epochs: Epochs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick(monkeypatch, epochs)
    first = placed(epochs, tmp_path / "a.journal", 3)
    known = list[Told]()
    Worker(epochs, first).run(known.append)
    worker = Worker(epochs, Place(first.address, "a", 6))
    params = iter([known[1].params, known[2].params, {**known[0].params, "min_adx": 40}])
    study = worker._study
    ask = study.ask

    def asked(_: object) -> object:
        study.enqueue_trial(next(params))
        return ask(worker._space)

    monkeypatch.setattr(study, "ask", asked)
    told = list[Told]()
    worker.run(told.append)
    assert [one.repeated for one in told] == [True, True, False]
    assert told[0].loss == known[1].loss


def test_an_epoch_that_fails_is_given_up_and_ends_the_worker(
    epochs: Epochs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: object) -> Epoch:
        raise PlimsollError("the strategy divided by zero")

    monkeypatch.setattr(epochs, "evaluate", fails)
    place = placed(epochs, tmp_path / "a.journal", 3)
    with pytest.raises(PlimsollError, match="divided by zero"):
        Worker(epochs, place).run(lambda _: None)
    assert [one.state for one in study_at(place).trials] == [TrialState.FAIL]


def test_a_search_that_finds_nothing_better_ends_early(
    epochs: Epochs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(epochs, "evaluate", lambda _: Epoch(1.0, 10, 0.1))
    place, told = placed(epochs, tmp_path / "a.journal", 50, stagnation=5), list[Told]()
    Worker(epochs, place).run(told.append)
    assert len(told) == 6


def test_a_storage_that_goes_away_in_the_middle_is_told(
    epochs: Epochs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick(monkeypatch, epochs)
    file = tmp_path / "a.journal"
    place = placed(epochs, file, 9)

    def told(one: Told) -> None:
        if one.number == 2:
            file.unlink()

    with pytest.raises(StorageGoneError, match=r"a\.journal does not answer any more"):
        Worker(epochs, place).run(told)


def test_a_worker_stops_where_the_study_was_moved_away_since_the_search_began(
    epochs: Epochs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick(monkeypatch, epochs)
    place, told = placed(epochs, tmp_path / "a.journal", 3), list[Told]()
    worker = Worker(epochs, place)
    migrate_studies(place.address, str(tmp_path / "b.journal"))
    with pytest.raises(UsageError, match=r"was moved to .*b\.journal: go on there"):
        worker.run(told.append)
    assert not told
    assert [one.state for one in study_at(place).trials] == [TrialState.FAIL]
