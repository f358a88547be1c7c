"""Many accounts as an environment of stable-baselines3."""

import numpy as np
import pytest

from plimsoll.learning import PARTS, Play, Terms, Weights
from tests.unit.learning.markets import wild_market

pytest.importorskip(
    "torch", reason="PyTorch is not installed: pip install 'freqtrade-plimsoll[rl]'"
)

from plimsoll.agents.vector import AccountsEnvironment


def test_its_accounts_are_those_of_every_other_use() -> None:
    place, terms = wild_market(2), Terms()
    environment = AccountsEnvironment(place, terms, Weights(), accounts=5, seed=1)
    seen = environment.reset()
    game = Play(place, environment._play.rows, terms, Weights())
    draw = np.random.default_rng(2)
    total, ended = 0.0, 0
    for _ in range(250):
        assert np.array_equal(seen, game.observations())
        assert np.array_equal(np.stack(environment.env_method("action_masks")), game.masks())
        wanted = draw.integers(0, 6, 5)
        done = game.step(wanted)
        last = game.observations()
        environment.step_async(wanted)
        seen, rewards, over, infos = environment.step_wait()
        assert np.allclose(rewards, done.reward.total)
        assert np.array_equal(over, done.done)
        for place_ in np.flatnonzero(over):
            assert np.array_equal(infos[place_]["terminal_observation"], last[place_])
        game.begin(over, environment._play.rows)
        total, ended = total + done.reward.total.sum(), ended + int(over.sum())
    assert ended > 0
    assert environment.sums["total"] == pytest.approx(total)
    signs = {"pnl": 1, "sharpe": 1}
    parts = sum(signs.get(name, -1) * environment.sums[name] for name in PARTS)
    assert parts == pytest.approx(total)
    assert environment.steps == 5 * 250


def test_it_has_masks_and_nothing_else() -> None:
    environment = AccountsEnvironment(wild_market(2), Terms(), Weights(), accounts=2, seed=1)
    assert environment.has_attr("action_masks")
    assert not environment.has_attr("other")
    assert len(environment.env_method("action_masks", indices=1)) == 1
    assert environment.env_is_wrapped(object) == [False, False]
    for ask in (environment.get_attr, environment.env_method, lambda n: environment.set_attr(n, 1)):
        with pytest.raises(AttributeError):
            ask("other")
