"""The ledger of trials: for good, and of killed searches as well."""

import json
from pathlib import Path

import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState

from plimsoll.core import PlimsollError
from plimsoll.gates.places import trials_file
from plimsoll.lab.search import trials
from plimsoll.lab.search.identity import Identity
from plimsoll.lab.search.storage import open_storage
from plimsoll.lab.search.studies import open_study
from plimsoll.lab.search.worker import Place

SPACE = {"x": FloatDistribution(0.0, 1.0)}
IDENTITY = Identity("TrendFollow", "20250601-", "SharpeHyperOptLoss", "d", "c", "f", "s")


def searched(file: Path, ended: int, lost: int = 0) -> Place:
    study = open_study(open_storage(str(file)), "a", IDENTITY, seed=1, address=str(file))
    for number in range(ended):
        study.tell(study.ask(SPACE), float(number))
    for _ in range(lost):
        study.tell(study.ask(SPACE), state=TrialState.FAIL)
    study.tell(study.ask(SPACE), state=TrialState.PRUNED)
    study.ask(SPACE)
    return Place(str(file), "a", 100)


def test_a_trial_is_counted_once_and_lost_ones_are(tmp_path: Path) -> None:
    place = searched(tmp_path / "a.journal", 3, 1)
    assert trials.count(tmp_path, [place], "search", key="one") == 4
    assert trials.count(tmp_path, [place], "search", key="one") == 0
    searched(tmp_path / "a.journal", 2)
    assert trials.count(tmp_path, [place], "search", key="one") == 2
    assert trials.trials_on(tmp_path, "d") == 6
    assert trials.trials_on(tmp_path, "other data") == 0
    first = trials.runs(tmp_path)[0]
    assert (first["strategy"], first["best_loss"], first["epochs"]) == ("TrendFollow", 0.0, 4)


def test_several_studies_are_one_line(tmp_path: Path) -> None:
    places = [searched(tmp_path / f"{name}.journal", 2) for name in "ab"]
    places.append(Place(str(tmp_path / "none.journal"), "a", 1))
    assert trials.count(tmp_path, places, "walk-forward", key="run") == 4
    assert len(trials.runs(tmp_path)) == 1
    assert not (tmp_path / "none.journal").exists()


def test_what_a_killed_search_tried_is_counted_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = searched(tmp_path / "a.journal", 5)
    noted = trials.begin(tmp_path, [place], "search", key="one")
    assert list(trials.count_killed(tmp_path)) == []  # this process lives
    told = json.loads(noted.read_text(encoding="utf-8"))
    host, _, _ = told["process"].rsplit("/", 2)
    noted.write_text(json.dumps({**told, "process": f"{host}/999999999/1.00"}), encoding="utf-8")
    assert list(trials.count_killed(tmp_path)) == ["counted 5 trials of one, which was killed"]
    assert not noted.exists()
    assert trials.runs(tmp_path)[0]["command"] == "search (killed)"
    assert list(trials.count_killed(tmp_path)) == []


def test_a_ledger_that_was_damaged_is_told(tmp_path: Path) -> None:
    file = trials_file(tmp_path)
    file.parent.mkdir(parents=True)
    file.write_text('{"epochs": 1}\n{"epo\n', encoding="utf-8")
    with pytest.raises(PlimsollError, match="line 2 of"):
        trials.trials_on(tmp_path, "d")


def test_nothing_is_added_for_a_study_that_is_not_a_search(tmp_path: Path) -> None:
    file = tmp_path / "a.journal"
    optuna.create_study(storage=open_storage(str(file)), study_name="a")
    assert trials.count(tmp_path, [Place(str(file), "a", 1)], "search", key="one") == 0
    assert trials.runs(tmp_path) == []
