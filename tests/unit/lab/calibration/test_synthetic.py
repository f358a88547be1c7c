"""A market without an edge really has none, at any stop; and looks like a market."""

import numpy as np
import pandas as pd
import pytest

from plimsoll.lab.calibration.edge import Edge
from plimsoll.lab.calibration.hours import Hours
from plimsoll.lab.calibration.synthetic import Shape, synthetic_hours

YEAR = 8760
MARKETS = 40
PAIR = Shape.of(1)


def with_the_trend(hours: Hours, days: int = 5) -> float:
    """Return the mean of a day's return in the direction of the days before it, in its errors."""
    closes = np.exp(np.cumsum(hours.moves[0]))[23::24]
    returns = closes[1:] / closes[:-1] - 1
    trend = np.sign(closes[days:-1] / closes[: -days - 1] - 1)
    gained = trend * returns[days:]
    return float(gained.mean() / gained.std() * np.sqrt(len(gained)))


def test_neither_side_earns_and_no_trend_goes_on() -> None:
    markets = [synthetic_hours(seed, YEAR, None, PAIR) for seed in range(MARKETS)]
    held = np.concatenate([np.expm1(one.moves[0]) for one in markets])
    assert abs(held.mean() / held.std() * np.sqrt(len(held))) < 3
    followed = np.array([with_the_trend(one) for one in markets])
    assert abs(followed.mean()) < 3 / np.sqrt(MARKETS)


def test_volatility_itself_is_no_gain_for_who_holds() -> None:
    """Of the mean of e to a move, half a variance is left where nobody takes it off."""
    wild = Shape(volatilities=(4.0,))
    held = np.concatenate(
        [np.expm1(synthetic_hours(seed, YEAR, None, wild).moves[0]) for seed in range(MARKETS)]
    )
    assert abs(held.mean() / held.std() * np.sqrt(len(held))) < 3


def test_the_same_test_finds_an_edge_that_is_planted() -> None:
    followed = [with_the_trend(synthetic_hours(s, YEAR, Edge(4.0, 240), PAIR)) for s in range(20)]
    reverted = [with_the_trend(synthetic_hours(s, YEAR, Edge(-6.0, 48), PAIR)) for s in range(20)]
    assert np.mean(followed) > 3 / np.sqrt(20)
    assert np.mean(reverted) < -3 / np.sqrt(20)


def test_a_stop_and_a_target_as_far_away_are_met_as_often() -> None:
    """Within the hour as well: fills at a stop are no edge either."""
    up = down = 0
    for seed in range(40):
        hours = synthetic_hours(seed, YEAR, None, PAIR)
        opens = np.cumsum(hours.moves[0]) - hours.moves[0]
        highs, lows = opens + hours.rises[0], opens - hours.falls[0]
        for start in range(0, YEAR - 100, 24):
            rose = highs[start : start + 100] >= np.log(1.006) + opens[start]
            fell = lows[start : start + 100] <= np.log(0.994) + opens[start]
            first = int(np.argmax(rose | fell))
            if rose[first] != fell[first]:
                up += bool(rose[first])
                down += bool(fell[first])
    assert up + down > 10_000
    assert abs(up - down) < 3 * np.sqrt(up + down)


def test_the_same_seed_is_the_same_market_and_another_is_another() -> None:
    one, same, other = (synthetic_hours(seed, 500, None) for seed in (7, 7, 8))
    assert all((getattr(one, name) == getattr(same, name)).all() for name in Hours.__slots__)
    assert (one.moves != other.moves).all()


def test_markets_of_a_seed_differ_by_the_edge_alone() -> None:
    without, weak = synthetic_hours(7, 500, None), synthetic_hours(7, 500, Edge(1e-9, 48))
    np.testing.assert_allclose(without.moves, weak.moves, atol=1e-9)
    np.testing.assert_allclose(without.rises, weak.rises, atol=1e-9)


def test_it_has_the_volatility_that_it_says_clusters_and_falls_together() -> None:
    markets = [synthetic_hours(seed, 2 * YEAR, None) for seed in range(8)]
    moves = np.concatenate([one.moves for one in markets], axis=1)
    yearly = moves.std(axis=1) * np.sqrt(YEAR)
    np.testing.assert_allclose(yearly, Shape().volatilities, rtol=0.2)
    hours = pd.Series(moves[0])
    assert hours.kurt() > 5
    days = pd.Series(np.abs(moves[0].reshape(-1, 24).sum(axis=1)))
    assert days.autocorr(1) > 0.1
    assert hours.autocorr(1) == pytest.approx(0.0, abs=0.03)
    assert np.corrcoef(moves)[0, 1] == pytest.approx(Shape().correlation, abs=0.06)


def test_more_pairs_than_volatilities_take_them_in_turn() -> None:
    assert Shape.of(5).volatilities[4] == Shape().volatilities[0]
