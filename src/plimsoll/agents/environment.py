"""One account as a gymnasium environment."""

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from plimsoll.learning import PARTS, STATE, Action, Market, Play, Terms, Weights
from plimsoll.learning.state import FARTHEST

Observation = NDArray[np.float32]


class TradingEnvironment(gymnasium.Env[Observation, np.int64]):
    """An account that trades one episode of a market: `plimsoll.learning.Play` of one account.

    An observation is the twelve numbers as a network reads them, an action one of six; one that is
    not allowed is held instead and charged (`plimsoll.learning.Weights.refused`).
    `action_masks` says which are allowed. ``info`` has the state in its own units, the parts of
    the reward, the action that was carried out and the equity.

    ``reset(options={"row": 5})`` begins at a candle; without it at one that is drawn.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012 - gymnasium's own shape

    def __init__(
        self, market: Market, terms: Terms | None = None, weights: Weights | None = None
    ) -> None:
        super().__init__()
        self.observation_space = spaces.Box(-FARTHEST, FARTHEST, (len(STATE),), np.float32)
        self.action_space = spaces.Discrete(len(Action))
        self._rows = np.flatnonzero(market.has_step(np.arange(len(market))))
        self._play = Play(market, self._rows[:1], terms or Terms(), weights or Weights())

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Begin with a new account."""
        super().reset(seed=seed)
        row = (options or {}).get("row")
        if row is None:
            row = int(self.np_random.choice(self._rows))
        self._play.begin(np.array([True]), np.array([row]))
        return self._play.observations()[0], self._info()

    def step(self, action: np.int64) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Decide, and live through the next candle."""
        done = self._play.step(np.array([action]))
        parts = {name: float(getattr(done.reward, name)[0]) for name in PARTS}
        told = {"reward": parts, "action": Action(done.actions[0]).name.lower()}
        is_done = bool(done.done[0])
        reward = float(done.reward.total[0])
        return self._play.observations()[0], reward, is_done, False, self._info() | told

    def action_masks(self) -> NDArray[np.bool_]:
        """Return which actions are allowed; sb3-contrib asks for it by this name."""
        masks: NDArray[np.bool_] = self._play.masks()[0]
        return masks

    def _info(self) -> dict[str, Any]:
        state = dict(zip(STATE, self._play.states()[0].tolist(), strict=True))
        return {"state": state, "equity": float(self._play.equity()[0])}
