"""How much the winners of the windows agree."""

import math

import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from plimsoll.lab.walk_forward.stability import stability_of

SPACE = {
    "period": IntDistribution(10, 30),
    "stop": FloatDistribution(0.5, 2.5, step=0.1),
    "way": CategoricalDistribution(["up", "down", "both"]),
}


def test_steps_are_shares_of_the_range() -> None:
    winners = [
        {"period": 10, "stop": 0.5700000000000001, "way": "up"},
        {"period": 20, "stop": 0.57, "way": "up"},
        {"period": 15, "stop": 0.57, "way": "down"},
    ]
    period, stop, way = stability_of(winners, SPACE)
    assert period.winners == (10, 20, 15)
    assert (period.low, period.high) == (10, 30)
    assert period.step_fraction == pytest.approx(0.375)
    assert period.by_luck == pytest.approx(1 / 3)
    assert stop.winners == (0.57, 0.57, 0.57)
    assert stop.step_fraction == 0.0
    assert (way.low, way.step_fraction, way.by_luck) == (None, 0.5, pytest.approx(2 / 3))


def test_one_window_says_nothing() -> None:
    [period] = stability_of([{"period": 12}], {"period": SPACE["period"]})
    assert math.isnan(period.step_fraction)


def test_a_parameter_without_a_range_is_stable() -> None:
    fixed = {"period": IntDistribution(5, 5)}
    assert stability_of([{"period": 5}, {"period": 5}], fixed)[0].step_fraction == 0.0
