"""The loop of training, backtest and bot: what it may know, and that it is always the same."""

from dataclasses import replace

import numpy as np
import pytest

from plimsoll.learning import Action, Play, RandomChoice, Terms, Weights, hold, joined, play_out
from plimsoll.learning.market import Market
from tests.unit.learning.markets import market, wild_market

TERMS = Terms(leverage=3.0, latency_fraction=0.3)


def by_state(observations: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """An agent that is a function of what it sees: any change of it shows."""
    wish = np.sin(observations.astype("float64") @ np.arange(1, 13))[:, None] * np.arange(1, 7)
    return np.argmax(np.where(masks, np.cos(7 * wish), -2), axis=1)


def changed_after(place: Market, row: int) -> Market:
    """The same market, another future."""
    later = np.arange(len(place)) > row
    other = wild_market(999, rows=len(place))
    names = ("open", "high", "low", "close", "settled")
    parts = {name: np.where(later, getattr(other, name), getattr(place, name)) for name in names}
    signals = np.where(later[:, None], other.signals, place.signals)
    return replace(place, **parts, signals=signals)


@pytest.mark.parametrize("row", [20, 90, 140])
def test_later_candles_change_no_earlier_state_fill_or_decision(row: int) -> None:
    place = wild_market(3, rows=168)
    there = play_out(place, by_state, TERMS, Weights())
    here = play_out(changed_after(place, row), by_state, TERMS, Weights())
    assert (here.actions[: row + 1] == there.actions[: row + 1]).all()
    assert (here.units[: row + 1] == there.units[: row + 1]).all()
    assert np.allclose(here.equity[: row + 1], there.equity[: row + 1], equal_nan=True)
    assert (here.rewards[:row] == there.rewards[:row]).all()
    assert (here.equity[row + 1 : 160] != there.equity[row + 1 : 160]).any()


def test_an_account_is_the_same_alone_and_among_others() -> None:
    places = [wild_market(seed, rows=300) for seed in range(3)]
    together = play_out(joined(places), by_state, TERMS, Weights())
    for number, place in enumerate(places):
        alone = play_out(place, by_state, TERMS, Weights())
        part = slice(300 * number, 300 * (number + 1))
        assert (together.actions[part] == alone.actions).all()
        assert np.array_equal(together.equity[part], alone.equity, equal_nan=True)


def test_every_month_begins_anew_and_ends_without_a_position() -> None:
    place = wild_market(5, rows=24 * 45)
    found = play_out(place, RandomChoice(np.random.default_rng(1)), TERMS, Weights())
    for first in place.first_rows():
        assert found.equity[first] == 1
    assert (found.units[place.closing] == 0).all()
    assert len(found.returns) == len(place.first_rows())
    later = play_out(place, by_state, TERMS, Weights(), begins=place.first_rows()[1:])
    assert np.array_equal(
        later.actions[168:], play_out(place, by_state, TERMS, Weights()).actions[168:]
    )
    assert (later.actions[:168] == -1).all()


def test_holding_makes_nothing_and_costs_are_the_difference_to_gross() -> None:
    place = wild_market(6, rows=24 * 20)
    assert (play_out(place, hold, TERMS, Weights()).returns == 0).all()
    free = Terms(leverage=1.0, fee_bps=0, spread_bps=0, slippage_bps=0)
    found = play_out(place, RandomChoice(np.random.default_rng(1)), free, Weights())
    assert np.allclose(found.gross, found.returns)
    paid = play_out(place, RandomChoice(np.random.default_rng(1)), Terms(), Weights())
    assert (paid.gross > paid.returns).all()


def test_a_ruined_account_plays_no_more() -> None:
    place = market([100.0, 100, 100, 1, 1, 1, 1])
    terms = Terms(unit_fraction=1.0, leverage=1.0, fee_bps=0, spread_bps=0, slippage_bps=0)
    game = Play(place, np.zeros(1, dtype=int), terms, Weights())
    assert not game.step(np.array([Action.LONG])).done[0]
    assert not game.step(np.array([Action.HOLD])).done[0]
    assert game.step(np.array([Action.HOLD])).done[0]
    game.begin(np.array([True]), np.array([1]))
    assert game.equity()[0] == 1
    assert game.rows[0] == 1


def test_a_liquidation_is_known_only_on_the_candle_after() -> None:
    place = market([100.0, 100, 60, 60, 60])
    terms = Terms(unit_fraction=1.0, leverage=3.0)
    way = iter([Action.LONG, *[Action.HOLD] * 9])
    found = play_out(place, lambda *_: np.array([next(way)]), terms, Weights())
    assert found.units.tolist() == [1, 1, 0, 0, 0]
