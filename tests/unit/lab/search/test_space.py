"""Freqtrade's space in Optuna's own classes."""

import optuna
import pytest
from freqtrade.optimize.space import SKDecimal, ft_CategoricalDistribution, ft_IntDistribution

from plimsoll.core import UsageError
from plimsoll.lab.search.space import plain_space

SPACE = {
    "period": ft_IntDistribution(5, 40, name="period"),
    "threshold": SKDecimal(0.1, 0.95, decimals=2, name="threshold"),
    "way": ft_CategoricalDistribution(["up", "down", None], name="way"),
}


@pytest.mark.parametrize("sampler", [optuna.samplers.TPESampler, optuna.samplers.NSGAIIISampler])
def test_a_sampler_draws_the_same_from_both(sampler: type) -> None:
    drawn = []
    for space in (SPACE, plain_space(SPACE)):
        study = optuna.create_study(sampler=sampler(seed=3))
        for _ in range(40):
            trial = study.ask(dict(space))
            study.tell(trial, trial.params["period"] * trial.params["threshold"])
        drawn.append([one.params for one in study.trials])
    assert drawn[0] == drawn[1]


def test_a_choice_that_no_storage_can_hold_is_refused() -> None:
    with pytest.raises(UsageError, match="choices of way"):
        plain_space({"way": ft_CategoricalDistribution([(1, 2), (3, 4)], name="way")})
