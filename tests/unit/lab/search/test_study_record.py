"""What a study says of itself is all of it, and the same from whatever storage."""

from pathlib import Path

import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.storages import BaseStorage
from optuna.trial import TrialState, create_trial

from plimsoll.lab.search.storage import open_storage
from plimsoll.lab.search.studies import MOVED
from plimsoll.lab.search.study_record import record_of, study_names

SPACE = {"x": FloatDistribution(0.0, 1.0)}


@pytest.fixture
def storage(tmp_path: Path) -> BaseStorage:
    made = open_storage(str(tmp_path / "a.journal"))
    study = optuna.create_study(storage=made, study_name="a", direction="maximize")
    study.add_trial(create_trial(params={"x": 0.5}, distributions=SPACE, value=float("inf")))
    study.add_trial(create_trial(params={"x": 0.25}, distributions=SPACE, value=-1.0))
    return made


def test_it_counts_and_has_the_best_by_the_studys_own_direction(storage: BaseStorage) -> None:
    record = record_of(storage, "a")
    assert (record.trials, record.states, record.best) == (2, {"COMPLETE": 2}, float("inf"))
    optuna.create_study(storage=storage, study_name="two", directions=["minimize", "minimize"])
    assert record_of(storage, "two").best is None
    assert study_names(storage) == ["a", "two"]


def test_any_change_is_another_digest_and_where_it_went_is_none(storage: BaseStorage) -> None:
    study = optuna.load_study(storage=storage, study_name="a")
    known = {record_of(storage, "a").digest}
    study.set_user_attr(MOVED, "elsewhere")
    assert record_of(storage, "a").digest in known
    trial = study.ask()
    for number, change in enumerate(
        (
            lambda: study.set_user_attr("k", 1),
            lambda: trial.set_user_attr("k", 1),
            lambda: trial.report(0.5, 1),
            lambda: trial.suggest_float("x", 0.0, 1.0),
            lambda: study.tell(trial, 0.5),
        )
    ):
        change()
        known.add(record_of(storage, "a").digest)
        assert len(known) == number + 2


def test_the_ids_of_parents_are_told_by_their_numbers(storage: BaseStorage, tmp_path: Path) -> None:
    """In another storage the same trials have other ids."""
    other = open_storage(str(tmp_path / "b.journal"))
    optuna.create_study(storage=other, study_name="before").ask()
    optuna.copy_study(from_study_name="a", from_storage=storage, to_storage=other)
    for one in (storage, other):
        number = one.get_study_id_from_name("a")
        ids = [trial._trial_id for trial in one.get_all_trials(number)]
        one.set_study_system_attr(number, "S:parent:1", [*ids, 999])
    assert record_of(storage, "a") == record_of(other, "a")


def test_a_difference_is_told_in_words(storage: BaseStorage) -> None:
    before = record_of(storage, "a")
    study = optuna.load_study(storage=storage, study_name="a")
    trial = study.ask()
    running = record_of(storage, "a")
    study.tell(trial, state=TrialState.FAIL)
    failed = record_of(storage, "a")
    assert before.difference(failed) == "2 trials there, 3 here"
    assert running.difference(failed) == "2 complete, 1 running there, 2 complete, 1 fail here"
    study.set_user_attr("k", 1)
    assert failed.difference(record_of(storage, "a")) == "a value of it is another one"
