"""A planted edge is as large as it says, and visible in the past alone."""

import math

import numpy as np
import pytest

from plimsoll.core import UsageError
from plimsoll.lab.calibration.edge import Edge, moved

HOURS = 30 * 8760


@pytest.mark.parametrize(("sharpe", "memory"), [(1.5, 240.0), (-4.0, 48.0)])
def test_who_knows_the_expectation_earns_the_stated_sharpe_ratio(
    sharpe: float, memory: float
) -> None:
    shocks = np.random.default_rng(5).standard_normal((8, HOURS))
    moves, expected = moved(shocks, Edge(sharpe, memory))
    held = expected * moves
    earned = held.mean(axis=1) / held.std(axis=1) * math.sqrt(8760)
    error = 1 / math.sqrt(30 * 8)
    assert earned.mean() == pytest.approx(abs(sharpe), abs=4 * error)


def test_the_information_coefficient_of_a_day_is_as_stated() -> None:
    edge = Edge(3.0, 240.0)
    shocks = np.random.default_rng(6).standard_normal((8, HOURS))
    moves, expected = moved(shocks, edge)
    days = moves.reshape(8, -1, 24).sum(axis=2)
    foreseen = expected[:, ::24]
    found = np.corrcoef(days.ravel(), foreseen.ravel())[0, 1]
    assert found == pytest.approx(edge.daily, abs=4 / math.sqrt(days.size))
    assert edge.daily == pytest.approx(0.15, abs=0.01)


def test_the_expectation_is_an_exponential_mean_of_moves_that_are_seen() -> None:
    edge = Edge(3.0, 100.0)
    moves, expected = moved(np.random.default_rng(7).standard_normal((1, 4000)), edge)
    weight = math.sqrt(1 - edge.decay**2)
    state, seen = 0.0, []
    for move in moves[0]:
        seen.append(edge.hourly * state)
        state = edge.decay * state + weight * (move - edge.hourly * state)
    np.testing.assert_allclose(seen, expected[0], atol=1e-12)


def test_without_an_edge_the_moves_are_the_shocks() -> None:
    shocks = np.random.default_rng(8).standard_normal((2, 50))
    moves, expected = moved(shocks, None)
    assert moves is shocks
    assert not expected.any()


@pytest.mark.parametrize(("sharpe", "memory"), [(math.nan, 24.0), (1.0, 0.0), (1.0, math.nan)])
def test_an_edge_that_is_none_is_refused(sharpe: float, memory: float) -> None:
    with pytest.raises(UsageError, match="memory of an hour or more"):
        Edge(sharpe, memory)
