"""One account as a gymnasium environment."""

import numpy as np
import pytest

from plimsoll.learning import PARTS, STATE, Action, Play, Terms, Weights
from plimsoll.learning.state import observed
from tests.unit.learning.markets import wild_market

gymnasium = pytest.importorskip("gymnasium", reason="the extra rl is not installed")

from gymnasium.utils.env_checker import check_env  # noqa: E402

from plimsoll.agents.environment import TradingEnvironment  # noqa: E402


@pytest.mark.filterwarnings("error")
def test_gymnasiums_own_check() -> None:
    check_env(TradingEnvironment(wild_market(1)), skip_render_check=True)


def test_it_is_the_account_of_every_other_use() -> None:
    place, terms = wild_market(2), Terms(leverage=2.0)
    environment = TradingEnvironment(place, terms)
    game = Play(place, np.array([5]), terms, Weights())
    seen, info = environment.reset(seed=1, options={"row": 5})
    draw = np.random.default_rng(1)
    for _ in range(100):
        assert np.array_equal(seen, observed(game.states())[0])
        assert list(info["state"]) == list(STATE)
        assert np.array_equal(environment.action_masks(), game.masks()[0])
        action = int(draw.choice(np.flatnonzero(game.masks()[0])))
        done = game.step(np.array([action]))
        seen, reward, is_done, truncated, info = environment.step(np.int64(action))
        assert reward == pytest.approx(done.reward.total[0])
        assert set(info["reward"]) == set(PARTS)
        assert info["action"] == Action(action).name.lower()
        assert info["equity"] == pytest.approx(game.equity()[0])
        assert (is_done, truncated) == (bool(done.done[0]), False)


def test_an_episode_ends_with_the_month() -> None:
    environment = TradingEnvironment(wild_market(2))
    environment.reset(options={"row": 160})  # the month's candles end with row 167
    ends = [environment.step(np.int64(Action.HOLD))[2] for _ in range(7)]
    assert ends == [False] * 6 + [True]


def test_the_same_seed_draws_the_same_beginning() -> None:
    environment = TradingEnvironment(wild_market(3))
    first, _ = environment.reset(seed=7)
    second, _ = environment.reset(seed=7)
    others = [environment.reset()[0] for _ in range(5)]
    assert np.array_equal(first, second)
    assert any(not np.array_equal(first, one) for one in others)
