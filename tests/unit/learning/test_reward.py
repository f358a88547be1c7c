"""The reward of the seeds, by hand."""

import numpy as np
import pytest

from plimsoll.core import PlimsollError
from plimsoll.learning import PARTS, Play, Terms, Weights
from plimsoll.learning.actions import Action
from tests.unit.learning.markets import market

TERMS = Terms(
    unit_fraction=0.5,
    most_units=2,
    fee_bps=4,
    spread_bps=2,
    slippage_bps=1,
    latency_fraction=0,
    candles_per_year=10_000,
)


def test_the_parts_by_hand_and_their_sum() -> None:
    game = Play(market([100, 100, 110]), np.zeros(1, dtype=int), TERMS, Weights())
    entered = game.step(np.array([Action.LONG])).reward
    assert entered.pnl[0] == 0
    assert entered.costs[0] == pytest.approx(100 * 0.5 * 7e-4)
    # ATR of 1 % a candle is 100 % a year; half of the equity is held for 1 / 10,000 of a year.
    assert entered.volatility[0] == pytest.approx(100 * 0.1 * 1.0 * 0.5 / 10_000, rel=1e-3)
    assert entered.duration[0] == pytest.approx(100 * 0.05 / 10_000)
    gained = game.step(np.array([Action.HOLD])).reward
    assert gained.pnl[0] == pytest.approx(100 * 0.05 / (1 - 0.5 * 7e-4))
    assert gained.costs[0] == gained.sharpe[0] == gained.refused[0] == 0
    parts = {name: getattr(gained, name)[0] for name in PARTS}
    signs = {"pnl": 1, "sharpe": 1}
    assert gained.total[0] == pytest.approx(
        sum(signs.get(name, -1) * value for name, value in parts.items())
    )


def test_holding_nothing_is_worth_nothing() -> None:
    game = Play(market([100, 90, 120]), np.zeros(1, dtype=int), TERMS, Weights())
    assert game.step(np.array([Action.HOLD])).reward.total[0] == 0


def test_penalties_do_not_depend_on_the_length_of_a_candle() -> None:
    def held(per_year: float, volatility: float) -> float:
        signals = np.tile([0.5, 0, 0, volatility, 0, 0], (100, 1))
        terms = Terms(unit_fraction=0.5, candles_per_year=per_year)
        place = market([100.0] * 100, signals=signals)
        game = Play(place, np.zeros(1, dtype=int), terms, Weights())
        game.step(np.array([Action.LONG]))
        steps = [game.step(np.array([Action.HOLD])).reward for _ in range(int(per_year / 200))]
        return float(sum(one.volatility[0] + one.duration[0] for one in steps))

    assert held(8000, 0.01) == pytest.approx(held(2000, 0.02), rel=1e-6)


def test_improvements_of_the_sharpe_ratio_add_up_to_its_last_value() -> None:
    closes = [100, 100, 100, 100, 110, 110]
    game = Play(market(closes), np.zeros(1, dtype=int), TERMS, Weights())
    way = [Action.LONG, Action.EXIT, Action.LONG, Action.HOLD, Action.EXIT]
    given = [game.step(np.array([one])).reward.sharpe[0] for one in way]
    assert sum(given) == pytest.approx(0.2 * game.accounts.sharpe[0])
    assert given[-1] != 0


def test_near_liquidation_is_charged_and_liquidation_more() -> None:
    terms = Terms(unit_fraction=0.5, leverage=3.0, maintenance_fraction=0.0)
    game = Play(market([100, 100, 70, 66]), np.zeros(1, dtype=int), terms, Weights())
    assert game.step(np.array([Action.LONG])).reward.liquidation[0] == 0
    near = game.step(np.array([Action.HOLD])).reward
    away = (70 - 200 / 3) / 70
    assert near.liquidation[0] == pytest.approx(1 - away / 0.1)
    assert game.step(np.array([Action.HOLD])).reward.liquidation[0] == pytest.approx(10)


def test_wanting_what_is_not_allowed_is_charged() -> None:
    game = Play(market([100, 100, 100]), np.zeros(1, dtype=int), TERMS, Weights())
    done = game.step(np.array([Action.EXIT]))
    assert done.refused[0]
    assert done.reward.total[0] == pytest.approx(-0.01)


def test_a_distance_of_zero_is_refused() -> None:
    with pytest.raises(PlimsollError, match="near above 0"):
        Weights(near=0)
