"""The twelve numbers."""

import numpy as np
import pytest

from plimsoll.learning import SIGNALS, Play, Terms, Weights
from plimsoll.learning.actions import Action
from plimsoll.learning.state import FARTHEST, MIDDLES, SCALES, STATE, is_known, observed, states_of
from tests.unit.learning.markets import market


def test_the_state_of_the_seeds_in_its_order() -> None:
    assert (
        *("position", "position_pnl", "ml_signal", "oi_signal", "price_momentum", "volatility"),
        *("funding_rate", "time_in_position", "market_regime", "distance_to_liquidation"),
        *("account_equity", "recent_sharpe"),
    ) == STATE
    assert len(STATE) == len(MIDDLES) == len(SCALES) == 12


def test_the_numbers_by_hand() -> None:
    said = {
        "ml_signal": 0.7,
        "oi_signal": -0.3,
        "price_momentum": 0.02,
        "volatility": 0.015,
        "funding_rate": 0.0001,
        "market_regime": 2.0,
    }
    place = market([100, 100, 90, 90], signals=[[said[name] for name in SIGNALS]] * 4)
    terms = Terms(
        unit_fraction=0.3,
        most_units=2,
        leverage=2.0,
        maintenance_fraction=0.0,
        fee_bps=0,
        spread_bps=0,
        slippage_bps=0,
        latency_fraction=0,
    )
    game = Play(place, np.zeros(1, dtype=int), terms, Weights())
    game.step(np.array([Action.LONG]))
    game.step(np.array([Action.HOLD]))
    found = dict(zip(STATE, game.states()[0], strict=True))
    assert found == pytest.approx(
        said
        | {
            "position": 0.5,
            "position_pnl": -0.1,
            "time_in_position": 2.0,
            "distance_to_liquidation": 40 / 90,  # liquidated at 50
            "account_equity": 0.97,
            "recent_sharpe": 0.0,
        }
    )
    game.step(np.array([Action.EXIT]))
    flat = dict(zip(STATE, game.states()[0], strict=True))
    assert flat["position"] == flat["position_pnl"] == flat["time_in_position"] == 0
    assert flat["distance_to_liquidation"] == 1


def test_an_unknown_signal_makes_the_state_unknown() -> None:
    signals = np.tile(np.arange(6.0), (3, 1))
    signals[1, 3] = np.nan
    game = Play(market([1, 1, 1], signals=signals), np.array([0, 1]), Terms(), Weights())
    states = states_of(game.accounts, game.market, game.rows, game.terms)
    assert is_known(states).tolist() == [True, False]
    assert game.masks()[1].tolist() == [True] + [False] * 5


def test_what_a_network_reads_is_scaled_clipped_and_never_unknown() -> None:
    far = np.array([MIDDLES + SCALES, MIDDLES - 100 * SCALES, np.full(12, np.nan)])
    found = observed(far)
    assert found.dtype == np.float32
    assert found[0] == pytest.approx(np.ones(12))
    assert (found[1] == -FARTHEST).all()
    assert (found[2] == 0).all()
