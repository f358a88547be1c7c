"""Whether learned shares are worth more than equal ones, on episodes that are not known yet."""

from dataclasses import dataclass

import numpy as np

from plimsoll.core import PlimsollError
from plimsoll.learning.allocation import AllocationTerms, Score, Sleeves, allocate
from plimsoll.learning.judgement import Interval, interval

LEAST_EPISODES = 5


@dataclass(frozen=True, slots=True)
class AllocationJudgement:
    """What shares made of episodes, after costs.

    Attributes
    ----------
    learned, equal
        Return of an episode, a fraction.
    difference
        The first less the second, of the same episode.
    drawdown, equal_drawdown
        Mean of the deepest drawdowns of the episodes.
    turnover
        Mean sum of what was moved a day.
    episodes
        How many there were.
    """

    learned: Interval
    equal: Interval
    difference: Interval
    drawdown: float
    equal_drawdown: float
    turnover: float
    episodes: int

    @property
    def is_better(self) -> bool:
        """Whether the interval of the difference lies above 0."""
        return self.difference.low > 0


def judge_allocation(
    score: Score, sleeves: Sleeves, terms: AllocationTerms, *, seed: int
) -> AllocationJudgement:
    """Let a score and equal shares share out the same episodes.

    ``sleeves`` must not be what it learned from: that is the caller's to see to.

    Raises
    ------
    PlimsollError
        With fewer than five episodes: their mean says nothing.
    """
    episodes = len(sleeves.first_days())
    if episodes < LEAST_EPISODES:
        raise PlimsollError(
            f"expected {LEAST_EPISODES} episodes or more to judge shares by, found {episodes}"
        )
    own = allocate(sleeves, lambda _: score, terms)
    usual = allocate(sleeves, lambda _: None, terms)
    draw = np.random.default_rng(seed)
    return AllocationJudgement(
        learned=interval(own.returns, draw),
        equal=interval(usual.returns, draw),
        difference=interval(own.returns - usual.returns, draw),
        drawdown=float(own.drawdowns.mean()),
        equal_drawdown=float(usual.drawdowns.mean()),
        turnover=own.turnover,
        episodes=episodes,
    )
