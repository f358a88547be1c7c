"""Probabilities against what came: worked by hand, and by lot."""

import json

import numpy as np
import pytest

from plimsoll.performance.errors import MeasureError
from plimsoll.performance.forecasts import ForecastQuality, forecast_quality

LIMITS = {"threshold": 0.005, "least_lean": 0.2}


def test_four_forecasts_by_hand() -> None:
    up = np.array([0.6, 0.2, 0.5, 0.3])
    down = np.array([0.2, 0.6, 0.5, 0.3])
    moved = np.array([0.01, 0.02, -0.01, 0.001])
    told = forecast_quality(up, down, moved, **LIMITS)
    assert (told.rows, told.sided, told.calls) == (4, 3, 2)
    assert told.calls_right_fraction == 0.5
    assert told.accuracy_fraction == pytest.approx(2 / 3)  # half and half leans to down
    assert told.brier == pytest.approx((0.25**2 + 0.75**2 + 0.5**2) / 3)
    assert told.brier_skill == pytest.approx(1 - told.brier / (2 / 9))
    assert [(round(one.forecast, 9), one.occurred, one.count) for one in told.bins] == [
        (0.25, 1.0, 1),
        (0.5, 0.0, 1),
        (0.75, 1.0, 1),
    ]
    assert told.calibration_error == pytest.approx((0.75 + 0.5 + 0.25) / 3)


def test_probabilities_that_mean_what_they_say_have_no_calibration_error() -> None:
    lot = np.random.default_rng(1)
    up = lot.uniform(0.05, 0.95, 200_000)
    moved = np.where(lot.uniform(size=len(up)) < up, 0.01, -0.01)
    told = forecast_quality(up, 1.0 - up, moved, **LIMITS)
    assert told.calibration_error == pytest.approx(0.0, abs=0.01)
    assert told.brier_skill is not None
    assert told.brier_skill > 0.2


def test_a_coin_has_no_skill() -> None:
    lot = np.random.default_rng(2)
    up = lot.uniform(0.4, 0.6, 100_000)
    told = forecast_quality(up, 1.0 - up, lot.choice([-0.01, 0.01], len(up)), **LIMITS)
    assert told.accuracy_fraction == pytest.approx(0.5, abs=0.01)
    assert told.brier_skill is not None
    assert told.brier_skill < 0.0


def test_what_is_not_known_does_not_count() -> None:
    told = forecast_quality(
        np.array([0.9, np.nan]), np.array([0.1, 0.1]), np.array([np.nan, 0.01]), **LIMITS
    )
    assert (told.rows, told.sided, told.accuracy_fraction) == (0, 0, None)


def test_it_is_read_back_as_it_was() -> None:
    told = forecast_quality(np.array([0.6]), np.array([0.2]), np.array([0.01]), **LIMITS)
    assert ForecastQuality.from_record(json.loads(json.dumps(told.to_dict()))) == told
    with pytest.raises(MeasureError, match="forecasts cannot be read"):
        ForecastQuality.from_record({"bins": [{"forecast": 1}]})
