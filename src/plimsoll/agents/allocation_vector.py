"""Accounts that share out sleeves as one vectorised environment of stable-baselines3."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv

from plimsoll.learning.allocation import (
    ALLOCATION_PARTS,
    ALLOCATION_STATE,
    FARTHEST,
    PERCENT,
    AllocationPlay,
    AllocationTerms,
    Sleeves,
)

HIGHEST = 5.0
"""Scores lie between minus this and this."""


class AllocationEnvironment(VecEnv):
    """Accounts that are stepped together; each begins on a drawn day of an episode.

    An observation is sleeves × 7 numbers, flat; an action is a score a sleeve. What the learner is
    given is the reward less what equal shares would have made on that day, a number that no action
    changes: it takes the luck of the day out, and leaves what is best as it is. ``sums`` and
    ``steps`` are the parts of all rewards so far, without that, and how many there were.
    """

    def __init__(
        self, sleeves: Sleeves, terms: AllocationTerms, *, accounts: int, seed: int
    ) -> None:
        days = np.arange(len(sleeves))
        self._days = days[sleeves.is_known & sleeves.has_step(days)]
        self._draw = np.random.default_rng(seed)
        self._play = AllocationPlay(sleeves, self._drawn(accounts), terms)
        self._scores = np.zeros((accounts, sleeves.count))
        self.sums = dict.fromkeys(("total", *ALLOCATION_PARTS), 0.0)
        self.steps = 0
        width = sleeves.count * len(ALLOCATION_STATE)
        super().__init__(
            accounts,
            spaces.Box(-FARTHEST, FARTHEST, (width,), np.float32),
            spaces.Box(-HIGHEST, HIGHEST, (sleeves.count,), np.float32),
        )

    def _drawn(self, count: int) -> NDArray[np.int_]:
        return self._draw.choice(self._days, count)

    def _seen(self) -> NDArray[np.float32]:
        return self._play.observations().reshape(self.num_envs, -1)

    def reset(self) -> NDArray[np.float32]:
        """Begin with new accounts."""
        self._play.begin(np.ones(self.num_envs, dtype=bool), self._drawn(self.num_envs))
        return self._seen()

    def step_async(self, actions: NDArray[Any]) -> None:
        """Take the scores."""
        self._scores = np.asarray(actions, dtype=np.float64)

    def step_wait(self) -> Any:
        """Share out by them; an account that is done begins anew."""
        after = self._play.days + 1
        usual = PERCENT * np.nan_to_num(self._play.sleeves.returns[after]).mean(axis=1)
        reward, done = self._play.step(self._scores)
        for name in self.sums:
            self.sums[name] += float(getattr(reward, name).sum())
        self.steps += self.num_envs
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        if done.any():
            last = self._seen()
            for place in np.flatnonzero(done):
                infos[place]["terminal_observation"] = last[place]
                infos[place]["TimeLimit.truncated"] = False
            self._play.begin(done, self._drawn(self.num_envs))
        return self._seen(), (reward.total - usual).astype(np.float32), done, infos

    def close(self) -> None:
        """Nothing is open."""

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """Return nothing: accounts have no attribute, and are not drawn."""
        if attr_name != "render_mode":
            raise AttributeError(attr_name)
        return [None] * len(self._places(indices))

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Refuse: accounts have no attribute."""
        raise AttributeError(attr_name)

    def env_method(
        self, method_name: str, *method_args: Any, indices: Any = None, **method_kwargs: Any
    ) -> list[Any]:
        """Refuse: accounts have no method."""
        raise AttributeError(method_name)

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        """Return that none is."""
        return [False] * len(self._places(indices))

    def _places(self, indices: Any) -> Sequence[int]:
        if indices is None:
            return range(self.num_envs)
        return [indices] if isinstance(indices, int) else list(indices)
