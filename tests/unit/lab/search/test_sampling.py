"""Samplers that begin anew with each trial: a search goes on as if it had never stopped."""

import optuna
import pytest
from optuna.distributions import FloatDistribution, IntDistribution
from optuna.samplers import BaseSampler, NSGAIIISampler, TPESampler
from optuna.trial import TrialState

from plimsoll.lab.search.epochs import Epochs
from plimsoll.lab.search.sampling import SampledByNumber, sampler_of, seed_at

SPACE = {"x": FloatDistribution(0.0, 1.0), "n": IntDistribution(1, 50)}


def tpe(seed: int) -> BaseSampler:
    return TPESampler(seed=seed, n_startup_trials=8)


def nsga(seed: int) -> BaseSampler:
    return NSGAIIISampler(seed=seed, population_size=8)


def go_on(study: optuna.Study, upto: int) -> None:
    while sum(one.state is TrialState.COMPLETE for one in study.trials) < upto:
        trial = study.ask(SPACE)
        study.tell(trial, (trial.params["x"] - 0.3) ** 2 + trial.params["n"])


def params(study: optuna.Study) -> list[dict[str, float]]:
    return [one.params for one in study.trials if one.state is TrialState.COMPLETE]


@pytest.mark.parametrize("make", [tpe, nsga])
def test_a_search_that_was_stopped_goes_on_as_the_whole_one(make: type) -> None:
    whole = optuna.create_study(sampler=SampledByNumber(make, 5))
    go_on(whole, 30)
    storage = optuna.storages.InMemoryStorage()
    part = optuna.create_study(storage=storage, study_name="a", sampler=SampledByNumber(make, 5))
    go_on(part, 13)
    lost = part.ask(SPACE)
    part.tell(lost, state=TrialState.FAIL)
    again = optuna.load_study(storage=storage, study_name="a", sampler=SampledByNumber(make, 5))
    go_on(again, 30)
    assert params(again) == params(whole)


def test_another_seed_is_another_search() -> None:
    drawn = []
    for seed in (1, 2):
        study = optuna.create_study(sampler=SampledByNumber(tpe, seed))
        go_on(study, 3)
        drawn.append(params(study))
    assert drawn[0] != drawn[1]


def test_places_and_searches_have_seeds_of_their_own() -> None:
    seeds = {seed_at(search, place) for search in range(20) for place in range(50)}
    assert len(seeds) == 1000
    assert seed_at(3, 4) == seed_at(3, 4)


def test_the_sampler_is_freqtrades_choice(epochs: Epochs) -> None:
    made = sampler_of(epochs, 1)
    assert isinstance(made, SampledByNumber)
    assert type(made._inner).__name__ == "NSGAIIISampler"


def test_a_sampler_of_the_strategys_own_is_taken_as_it_is(
    epochs: Epochs, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = TPESampler(seed=1)
    monkeypatch.setattr(epochs.custom_hyperopt, "generate_estimator", lambda **_: own)
    assert sampler_of(epochs, 1) is own
