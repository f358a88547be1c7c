"""A search from beginning to end, and again."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from optuna.trial import TrialState

from plimsoll.core import UsageError
from plimsoll.lab.search import trials
from plimsoll.lab.search.run import SearchRequest, Watcher, search
from plimsoll.lab.search.worker import Place, Told, study_at
from tests.support.search_ground import SearchGround


class Heard:
    """Who is told of a search."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.told: list[Told] = []
        self.watcher = Watcher(self.said.append, self.told.append)


@pytest.fixture
def request_of(ground: SearchGround, tmp_path: Path) -> SearchRequest:
    """A search of six epochs, one worker, in a journal of its own."""
    storage = str(tmp_path / "a.journal")
    return SearchRequest(ground.arguments(), workers=1, storage=storage, study="a")


def params_of(request: SearchRequest) -> list[dict[str, object]]:
    study = study_at(Place(str(request.storage), "a", 0))
    return [one.params for one in study.trials if one.state is TrialState.COMPLETE]


def test_a_search_finds_counts_and_is_confirmed(
    ground: SearchGround, request_of: SearchRequest
) -> None:
    heard = Heard()
    before = len(trials.runs(ground.userdir))
    outcome = search(request_of, heard.watcher)
    assert (outcome.epochs, outcome.epochs_now, len(heard.told)) == (6, 6, 6)
    assert outcome.best_loss == min(one.loss for one in heard.told)
    assert outcome.confirmation is not None
    assert outcome.confirmation.confirmed
    assert outcome.epochs_a_minute > 0
    [line] = trials.runs(ground.userdir)[before:]
    assert (line["command"], line["epochs"]) == ("search", 6)
    assert outcome.trials_on_data == trials.trials_on(ground.userdir, line["data_fingerprint"])


def test_a_search_goes_on_and_finds_what_it_would_have_found_at_once(
    ground: SearchGround, request_of: SearchRequest, tmp_path: Path
) -> None:
    whole = replace(request_of, storage=str(tmp_path / "whole.journal"))
    search(whole, Heard().watcher)
    search(replace(request_of, arguments=ground.arguments(epochs=3)), Heard().watcher)
    heard = Heard()
    outcome = search(request_of, heard.watcher)
    assert (outcome.epochs, outcome.epochs_now) == (6, 3)
    assert any("goes on after 3 of 6 epochs" in one for one in heard.said)
    assert params_of(request_of) == params_of(whole)


def test_other_data_under_the_same_name_are_refused(
    ground: SearchGround, request_of: SearchRequest
) -> None:
    search(replace(request_of, arguments=ground.arguments(epochs=1)), Heard().watcher)
    other = ground.arguments(timerange="20250604-20250608", spaces=("buy",))
    with pytest.raises(UsageError, match="its timerange and space differ"):
        search(replace(request_of, arguments=other), Heard().watcher)


def test_the_same_command_goes_on_and_another_is_another_search(ground: SearchGround) -> None:
    first = search(SearchRequest(ground.arguments(epochs=1), workers=1), Heard().watcher)
    again = search(SearchRequest(ground.arguments(epochs=1), workers=1), Heard().watcher)
    other = search(
        SearchRequest(ground.arguments("--random-state", "9", epochs=1), workers=1),
        Heard().watcher,
    )
    assert again.study == first.study != other.study
    assert again.epochs_now == 0
    assert again.best_params == first.best_params


def test_parameters_are_written_beside_the_strategy_only_when_asked(
    ground: SearchGround, request_of: SearchRequest
) -> None:
    file = ground.userdir / "strategies" / "TrendFollow.json"
    asked = replace(request_of, arguments=ground.arguments(epochs=2))
    assert search(asked, Heard().watcher).exported is None
    assert not file.exists()
    outcome = search(replace(asked, export=True), Heard().watcher)
    try:
        assert outcome.exported == file
        told = json.loads(file.read_text(encoding="utf-8"))
        assert told["strategy_name"] == "TrendFollow"
        assert outcome.details is not None
        assert told["params"]["buy"] == outcome.details["params_details"]["buy"]
    finally:
        file.unlink()
