"""Train agents on made markets and judge them on others: with a planted pattern, and without."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from plimsoll.agents.training import Algorithm, Plan, train
from plimsoll.learning import Inputs, Market, Terms, Weights, market_of, with_signals
from plimsoll.learning.judgement import Judgement, judge

HOUR = pd.Timedelta(hours=1)
MONTHS = 24
VOLATILITY, DRIFT, LASTS = 0.006, 0.0015, 72
"""An hour's deviation and, where a pattern is planted, its drift and the hours that it lasts."""
INPUTS = Inputs(funding=False)


@dataclass(frozen=True, slots=True)
class Trial:
    """One training and its judgement."""

    algorithm: Algorithm
    planted: bool
    seed: int
    steps: int

    @property
    def name(self) -> str:
        """Of its row."""
        kind = "planted" if self.planted else "noise"
        return f"{self.algorithm.value}-{kind}-{self.seed}"


STEPS = 65_536
PLANTED = [Trial(one, True, seed, STEPS) for seed in (1, 2, 3) for one in Algorithm]
NOISE = [
    Trial(one, False, seed, STEPS)
    for one in (Algorithm.PPO, Algorithm.DQN, Algorithm.A2C)
    for seed in range(1, 21)
]
TRIALS = [*PLANTED[:3], *NOISE[:5], *PLANTED[3:], *NOISE[5:]]
"""In the order in which they are run."""


def made_market(seed: int, *, planted: bool) -> Market:
    """A random walk by the hour; planted, it drifts one way and the other for some days each."""
    draw = np.random.default_rng([seed, int(planted)])
    dates = pd.date_range("2020-01-01", periods=MONTHS * 730, freq=HOUR, tz="UTC")
    rows = len(dates)
    way = np.where(np.cumsum(draw.random(rows) < 1 / LASTS) % 2 == 0, 1.0, -1.0)
    moves = draw.normal(0, VOLATILITY, rows) + (DRIFT * way if planted else 0.0)
    close = 100 * np.exp(np.cumsum(moves))
    opens = np.concatenate([[100.0], close[:-1]])
    wicks = np.abs(draw.normal(0, VOLATILITY / 2, (2, rows)))
    candles = pd.DataFrame(
        {
            "date": dates,
            "open": opens,
            "high": np.maximum(opens, close) * (1 + wicks[0]),
            "low": np.minimum(opens, close) * (1 - wicks[1]),
            "close": close,
            "volume": 1.0 + draw.random(rows),
        }
    )
    return market_of(with_signals(candles, INPUTS), HOUR)


def run_trial(trial: Trial, folder: Path, say: Callable[[str], None]) -> dict[str, Any]:
    """Train on one market, judge on another of the same kind; the row of the page."""
    began = time.process_time()
    terms, weights = Terms(), Weights()
    plan = Plan(algorithm=trial.algorithm, steps=trial.steps, seed=trial.seed)
    lived = made_market(trial.seed, planted=trial.planted)
    done = train(lived, terms, weights, plan, folder / trial.name, tell=lambda _: None)
    assert done is not None
    unseen = made_market(trial.seed + 1_000, planted=trial.planted)
    found = judge(done.policy, unseen, terms, weights, seed=trial.seed)
    say(f"{trial.name}: {found.agent.mean:+.2%} a month, better: {found.is_better}")
    return {
        "trial": asdict(trial),
        "steps": done.steps,
        "rewards": [one["total"] for one in done.rounds],
        **figures(found),
        "seconds": time.process_time() - began,
        "made_with": dict(done.made_with),
    }


def figures(found: Judgement) -> dict[str, Any]:
    """What a judgement found, as numbers for a row."""
    return {
        "agent": asdict(found.agent),
        "gross": asdict(found.gross),
        "random": asdict(found.random),
        "held": found.held,
        "trades": found.trades,
        "is_better": found.is_better,
        "cumulative": found.rewards[:: 24 * 7].tolist(),
    }
