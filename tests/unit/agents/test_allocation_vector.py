"""Accounts that share out as an environment of stable-baselines3."""

import numpy as np
import pytest

from plimsoll.learning.allocation import AllocationPlay, AllocationTerms
from tests.unit.learning.sleeves import made_sleeves

pytest.importorskip(
    "torch", reason="PyTorch is not installed: pip install 'freqtrade-plimsoll[rl]'"
)

from plimsoll.agents.allocation_vector import AllocationEnvironment


def test_its_accounts_are_those_of_every_other_use() -> None:
    sleeves, terms = made_sleeves(), AllocationTerms()
    environment = AllocationEnvironment(sleeves, terms, accounts=5, seed=1)
    seen = environment.reset()
    game = AllocationPlay(sleeves, environment._play.days, terms)
    draw = np.random.default_rng(2)
    total, ended = 0.0, 0
    for _ in range(150):
        assert np.array_equal(seen, game.observations().reshape(5, -1))
        scores = draw.normal(size=(5, 3))
        usual = 100 * sleeves.returns[game.days + 1].mean(axis=1)
        reward, done = game.step(scores)
        last = game.observations().reshape(5, -1)
        environment.step_async(scores)
        seen, given, over, infos = environment.step_wait()
        assert np.allclose(given, reward.total - usual, atol=1e-6)
        assert np.array_equal(over, done)
        for place in np.flatnonzero(over):
            assert np.array_equal(infos[place]["terminal_observation"], last[place])
        game.begin(over, environment._play.days)
        total, ended = total + float(reward.total.sum()), ended + int(over.sum())
    assert ended > 0
    assert environment.sums["total"] == pytest.approx(total)
    parts = environment.sums
    assert parts["profit"] - parts["costs"] - parts["drawdown"] == pytest.approx(total)
    assert environment.steps == 5 * 150


def test_it_has_nothing_else() -> None:
    environment = AllocationEnvironment(made_sleeves(), AllocationTerms(), accounts=2, seed=1)
    assert environment.env_is_wrapped(object) == [False, False]
    assert environment.get_attr("render_mode", indices=1) == [None]
    for ask in (environment.get_attr, environment.env_method, lambda n: environment.set_attr(n, 1)):
        with pytest.raises(AttributeError):
            ask("other")
