"""Freqtrade's samplers, seeded by the number of the trial: a search resumes where it was."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from plimsoll.lab.search.epochs import Epochs
from plimsoll.lab.search.studies import GIVEN_UP

SEEDS = 2**32 - 1
"""Seeds of numpy's generators lie below this."""


class SampledByNumber(BaseSampler):
    """A sampler that is made anew for every trial, with a seed of the trial's place.

    A sampler of Optuna draws from a stream of random numbers, which a killed process takes along.
    Here the stream begins anew with each trial, so that trial 57 is the same whether or not the
    process was started again after trial 40. The place counts only trials that were not given
    up: one that was killed is drawn again.

    Parameters
    ----------
    make
        Makes Freqtrade's sampler from a seed.
    seed
        Of the whole search.
    """

    def __init__(self, make: Callable[[int], BaseSampler], seed: int) -> None:
        self._make, self._seed = make, seed
        self._inner = make(seed)

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Make the sampler of a trial."""
        known = study.get_trials(deepcopy=False)[: trial.number]
        place = sum(one.state not in GIVEN_UP for one in known)
        self._inner = self._make(seed_at(self._seed, place))
        self._inner.before_trial(study, trial)

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Return what the trial's sampler draws together."""
        return self._inner.infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return what the trial's sampler draws together."""
        return self._inner.sample_relative(study, trial, search_space)

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Return what the trial's sampler draws for one parameter alone."""
        return self._inner.sample_independent(study, trial, param_name, param_distribution)

    def after_trial(
        self,
        study: Study,
        trial: FrozenTrial,
        state: TrialState,
        values: Sequence[float] | None,
    ) -> None:
        """Let the trial's sampler know how it ended."""
        self._inner.after_trial(study, trial, state, values)

    def reseed_rng(self) -> None:
        """Do nothing: the seed is the trial's."""


def sampler_of(epochs: Epochs, seed: int) -> BaseSampler:
    """Return the sampler that Freqtrade would take for a strategy.

    One that the strategy makes itself (``HyperOpt.generate_estimator``) draws from its own stream.
    """
    chosen = epochs.custom_hyperopt.generate_estimator(
        dimensions=epochs.dimensions, random_state=seed
    )
    if isinstance(chosen, str):
        return SampledByNumber(lambda one: epochs.get_optimizer(one).sampler, seed)
    chosen.reseed_rng()
    return chosen


def seed_at(seed: int, place: int) -> int:
    """Return the seed of a place in a search: other places and other searches have others."""
    return int(np.random.SeedSequence([seed, place]).generate_state(1)[0]) % SEEDS
