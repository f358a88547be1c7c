"""Whether an agent has learned something: against holding, chance and itself on other episodes."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plimsoll.core import PlimsollError
from plimsoll.learning.account import Floats, Terms
from plimsoll.learning.market import Market
from plimsoll.learning.play import Played, play_out
from plimsoll.learning.policy import Policy, RandomChoice, hold
from plimsoll.learning.reward import Weights

DRAWN = 20
RESAMPLES = 2_000
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean of episodes and its bootstrap interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, eq=False, slots=True)
class Judgement:
    """What an agent made on episodes that it has not learned from.

    Attributes
    ----------
    agent
        Net return of an episode, a fraction.
    gross
        The same before fees, spread and slippage.
    random
        Net return of an episode of agents that take any allowed action; the interval is that of
        their means.
    held
        Return of always holding: 0.
    trades
        Entries of the agent in an episode, on average.
    rewards
        Sum of the agent's rewards along the market.
    """

    agent: Interval
    gross: Interval
    random: Interval
    held: float
    trades: float
    rewards: Floats

    @property
    def is_better(self) -> bool:
        """Whether the agent's interval lies above what holding and chance make."""
        return self.agent.low > max(self.held, self.random.high)


def judge(
    policy: Policy, market: Market, terms: Terms, weights: Weights, *, seed: int
) -> Judgement:
    """Let an agent, chance and holding play all episodes of a market.

    ``market`` must not be one that the agent learned from: that is the caller's to see to.

    Raises
    ------
    PlimsollError
        With fewer than five episodes: their mean says nothing.
    """
    if len(market.first_rows()) < 5:
        raise PlimsollError(
            f"expected 5 episodes or more to judge an agent by, found {len(market.first_rows())}"
        )

    def played(choose: Callable[..., NDArray[np.int_]]) -> Played:
        return play_out(market, choose, terms, weights)

    draw = np.random.default_rng(seed)
    own = played(policy.choose)
    # Drawn agents side by side: twenty accounts of each episode.
    many = np.tile(market.first_rows(), DRAWN)
    drawn = play_out(market, RandomChoice(draw), terms, weights, begins=many)
    means = drawn.returns.reshape(DRAWN, -1).mean(axis=1)
    entries = np.isin(own.actions, (1, 2)).sum() / len(own.returns)
    spread = [float(np.quantile(means, part)) for part in (_tail(), 1 - _tail())]
    return Judgement(
        agent=interval(own.returns, draw),
        gross=interval(own.gross, draw),
        random=Interval(float(means.mean()), *spread),
        held=float(played(hold).returns.mean()),
        trades=float(entries),
        rewards=np.cumsum(own.rewards),
    )


def interval(values: Floats, draw: np.random.Generator) -> Interval:
    """Return the mean of episodes and its percentile bootstrap interval (Efron 1979)."""
    means = draw.choice(values, (RESAMPLES, len(values))).mean(axis=1)
    low, high = (float(np.quantile(means, part)) for part in (_tail(), 1 - _tail()))
    return Interval(float(values.mean()), low, high)


def _tail() -> float:
    return (1 - LEVEL) / 2
