"""Train allocators on made sleeves and judge them on others: with a planted edge, and without."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from plimsoll.agents.allocator_training import AllocatorPlan, train_allocator
from plimsoll.learning.allocation import AllocationTerms, Sleeves, sleeves_of
from plimsoll.learning.allocation_judgement import judge_allocation

SLEEVES, DAYS, QUARTER = 4, 12 * 365, 91
DEVIATION, TOGETHER, WILD, EDGE, LASTS = 0.005, 0.4, 1.6, 0.4, 60
"""A day's deviation; the part of it that all share; how much wilder the wild times are; and, where
an edge is planted, how many deviations a day one sleeve makes in them. All last so many days."""


@dataclass(frozen=True, slots=True)
class AllocatorTrial:
    """One training and its judgement."""

    planted: bool
    seed: int
    steps: int = 131_072

    @property
    def name(self) -> str:
        """Of its row."""
        return f"allocator-{'planted' if self.planted else 'noise'}-{self.seed}"


ALLOCATOR_TRIALS = [
    *(AllocatorTrial(True, seed) for seed in range(1, 6)),
    *(AllocatorTrial(False, seed) for seed in range(1, 21)),
]
"""In the order in which they are run."""


def made_sleeves(seed: int, *, planted: bool) -> Sleeves:
    """Four sleeves in calm and wild times; planted, one of them, another each time, earns in those.

    Which time it is, and which sleeve, the state shows: by its volatility and by the signals.
    """
    draw = np.random.default_rng([seed, int(planted)])
    times = np.cumsum(draw.random(DAYS) < 1 / LASTS)
    is_wild, whose = times % 2 == 1, draw.integers(0, SLEEVES, times[-1] + 1)[times]
    shared = draw.normal(0, np.sqrt(TOGETHER), (DAYS, 1))
    own = draw.normal(0, np.sqrt(1 - TOGETHER), (DAYS, SLEEVES))
    moves = shared + own
    if planted:
        moves[np.flatnonzero(is_wild), whose[is_wild]] += EDGE
    returns = DEVIATION * np.where(is_wild, WILD, 1.0)[:, None] * moves
    return sleeves_of(returns, np.arange(DAYS) // QUARTER)


def run_allocator_trial(
    trial: AllocatorTrial, folder: Path, say: Callable[[str], None]
) -> dict[str, Any]:
    """Train on some sleeves, judge on others of the same kind; the row of the page."""
    began = time.process_time()
    terms, plan = AllocationTerms(), AllocatorPlan(steps=trial.steps, seed=trial.seed)
    lived = made_sleeves(trial.seed, planted=trial.planted)
    done = train_allocator(lived, terms, plan, folder / trial.name)
    assert done is not None
    unseen = made_sleeves(trial.seed + 1_000, planted=trial.planted)
    found = judge_allocation(done.network, unseen, terms, seed=trial.seed)
    say(f"{trial.name}: {found.difference.mean:+.3%} a quarter, better: {found.is_better}")
    return {
        "trial": asdict(trial),
        "steps": done.steps,
        "rewards": [one["total"] for one in done.rounds],
        **asdict(found),
        "is_better": found.is_better,
        "seconds": time.process_time() - began,
        "made_with": dict(done.made_with),
    }
