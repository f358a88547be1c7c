"""Whether an agent has learned something."""

from dataclasses import replace

import numpy as np
import pytest

from plimsoll.core import PlimsollError
from plimsoll.learning import STATE, Action, Masking, Network, Policy, Terms, Weights
from plimsoll.learning.judgement import interval, judge
from plimsoll.learning.market import Market
from tests.unit.learning.markets import wild_market

TERMS = Terms(latency_fraction=0.0)


def told(seed: int, *, truly: bool) -> Market:
    """Forty episodes whose signal of open interest says where the price goes, or says nothing."""
    place = wild_market(seed, rows=2_000)
    draw = np.random.default_rng(seed)
    way = np.repeat(draw.choice([-1.0, 1.0], 200), 10)
    moves = draw.normal(0, 0.004, 2_000) + (0.002 * np.roll(way, 1) if truly else 0.0)
    close = 100 * np.exp(np.cumsum(moves))
    opens = np.concatenate([close[:1], close[:-1]])
    signals = np.tile([0.5, 0, 0, 0.01, 0, 0], (2_000, 1))
    signals[:, 1] = way
    return replace(
        place,
        open=opens,
        close=close,
        high=np.maximum(opens, close),
        low=np.minimum(opens, close),
        settled=np.zeros(2_000),
        signals=signals,
        episode=np.arange(2_000) // 50,
        closing=np.arange(2_000) % 50 == 48,
    )


def follower() -> Policy:
    """Be on the side that the signal of open interest says."""
    weights = np.zeros((len(Action), len(STATE)), dtype=np.float32)
    biases = np.full(len(Action), -5.0, dtype=np.float32)
    signal = STATE.index("oi_signal")
    biases[Action.HOLD] = 0.0
    weights[Action.LONG, signal], biases[Action.LONG] = 2, -1
    weights[Action.SHORT, signal], biases[Action.SHORT] = -2, -1
    return Policy(Network([(weights, biases)], "tanh"), Masking.MASKED)


def test_an_agent_that_knows_is_better_and_one_that_does_not_is_not() -> None:
    knows = judge(follower(), told(1, truly=True), TERMS, Weights(), seed=1)
    guesses = judge(follower(), told(1, truly=False), TERMS, Weights(), seed=1)
    assert not guesses.is_better
    assert knows.gross.mean > guesses.gross.mean
    assert knows.held == guesses.held == 0
    assert knows.random.high < 0  # chance pays for its trades
    assert knows.agent.low <= knows.agent.mean <= knows.agent.high
    assert knows.gross.mean > knows.agent.mean
    assert knows.trades > 0
    assert len(knows.rewards) == 2_000


def test_an_agent_that_does_nothing_is_not_better() -> None:
    idle = Policy(
        Network(
            [(np.zeros((6, 12), np.float32), np.array([1, 0, 0, 0, 0, 0], np.float32))], "tanh"
        ),
        Masking.HOLD,
    )
    found = judge(idle, told(2, truly=True), TERMS, Weights(), seed=1)
    assert (found.agent.mean, found.trades) == (0, 0)
    assert not found.is_better


def test_few_episodes_say_nothing() -> None:
    with pytest.raises(PlimsollError, match="5 episodes or more"):
        judge(follower(), wild_market(1, rows=300), TERMS, Weights(), seed=1)


def test_the_interval_is_of_the_mean() -> None:
    draw = np.random.default_rng(1)
    values = draw.normal(0.5, 1.0, 400)
    found = interval(values, draw)
    assert found.mean == pytest.approx(values.mean())
    assert found.high - found.low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.1)
