"""Many accounts as one vectorised environment of stable-baselines3."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv

from plimsoll.learning import PARTS, STATE, Action, Market, Play, Terms, Weights
from plimsoll.learning.state import FARTHEST


class AccountsEnvironment(VecEnv):
    """Accounts that are stepped together: a hundred cost hardly more than one.

    Each begins at a drawn candle of a drawn episode, plays to the episode's end and begins again.
    ``sums`` and ``steps`` are the parts of all rewards so far and how many there were.
    """

    def __init__(
        self, market: Market, terms: Terms, weights: Weights, *, accounts: int, seed: int
    ) -> None:
        self._rows = np.flatnonzero(market.has_step(np.arange(len(market))))
        self._draw = np.random.default_rng(seed)
        self._play = Play(market, self._drawn(accounts), terms, weights)
        self._wanted: NDArray[np.int_] = np.zeros(accounts, dtype=np.int_)
        self.sums = dict.fromkeys(("total", *PARTS), 0.0)
        self.steps = 0
        super().__init__(
            accounts,
            spaces.Box(-FARTHEST, FARTHEST, (len(STATE),), np.float32),
            spaces.Discrete(len(Action)),
        )

    def _drawn(self, count: int) -> NDArray[np.int_]:
        return self._draw.choice(self._rows, count)

    def reset(self) -> NDArray[np.float32]:
        """Begin with new accounts."""
        every = np.ones(self.num_envs, dtype=bool)
        self._play.begin(every, self._drawn(self.num_envs))
        return self._play.observations()

    def step_async(self, actions: NDArray[Any]) -> None:
        """Take the actions."""
        self._wanted = np.asarray(actions, dtype=np.int_)

    def step_wait(self) -> Any:
        """Carry them out; an account that is done begins anew."""
        done = self._play.step(self._wanted)
        for name in self.sums:
            self.sums[name] += float(getattr(done.reward, name).sum())
        self.steps += self.num_envs
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        if done.done.any():
            last = self._play.observations()
            for place in np.flatnonzero(done.done):
                infos[place]["terminal_observation"] = last[place]
                infos[place]["TimeLimit.truncated"] = False
            self._play.begin(done.done, self._drawn(self.num_envs))
        rewards = done.reward.total.astype(np.float32)
        return self._play.observations(), rewards, done.done, infos

    def close(self) -> None:
        """Nothing is open."""

    def has_attr(self, attr_name: str) -> bool:
        """Return whether accounts have it: masks."""
        return attr_name == "action_masks"

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
        """Return the masks, the one method that accounts have."""
        if method_name != "action_masks":
            raise AttributeError(method_name)
        masks = self._play.masks()
        return [masks[place] for place in self._places(indices)]

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        """Return that none is."""
        return [False] * len(self._places(indices))

    def _places(self, indices: Any) -> Sequence[int]:
        if indices is None:
            return range(self.num_envs)
        return [indices] if isinstance(indices, int) else list(indices)
