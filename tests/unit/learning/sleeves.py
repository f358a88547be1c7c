"""Made sleeves for tests of shares: noise, or one that earns while the market is wild."""

import numpy as np

from plimsoll.learning.allocation import Sleeves, sleeves_of

EPISODE = 91


def made_returns(
    seed: int = 1, *, days: int = 700, count: int = 3, edge: float = 0.0
) -> np.ndarray:
    """Daily returns; one sleeve earns ``edge`` a day, another one after every 60 days."""
    draw = np.random.default_rng(seed)
    returns = draw.normal(0, 0.006, (days, count))
    whose = np.repeat(draw.integers(0, count, days // 60 + 1), 60)[:days]
    returns[np.arange(days), whose] += edge
    return returns


def made_sleeves(seed: int = 1, *, days: int = 700, count: int = 3, edge: float = 0.0) -> Sleeves:
    return sleeves_of(
        made_returns(seed, days=days, count=count, edge=edge), np.arange(days) // EPISODE
    )


def follows_the_signal(observations: np.ndarray) -> np.ndarray:
    """A score by hand: what did well lately more than the rest."""
    return 2 * (observations[:, 1] - observations[:, 3])
