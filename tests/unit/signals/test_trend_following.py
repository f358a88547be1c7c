"""Trend weights: what they mean."""

import numpy as np
import pandas as pd
import pytest

from plimsoll.performance.held import promised
from plimsoll.signals.covariance import shrunk_covariances
from plimsoll.signals.panels import log_returns
from plimsoll.signals.trend_following import TrendRule, trend_scores
from tests.unit.signals.panels import closes, settlements
from tests.unit.signals.targets import DAYS, trend


def test_a_steady_rise_is_a_full_long_and_a_fall_half_a_short() -> None:
    made = closes(300, pairs=["UP", "DOWN"])
    steps = np.linspace(0, 3, 300)
    noise = np.where(np.arange(300) % 2, 0.0005, -0.0005)
    made["UP"], made["DOWN"] = np.exp(steps + noise), np.exp(-steps - noise)
    found = trend(made, settlements(1))
    share = (found.weights / found.full_sizes).iloc[-1]
    scale = share["UP"]
    assert 0 < scale <= 1
    assert share["DOWN"] == pytest.approx(-0.5 * scale, rel=0.01)


def test_scores_are_bounded_and_symmetric() -> None:
    made = closes(DAYS)
    found = trend_scores(made, horizons=TrendRule().horizons, volatility_days=30)
    mirrored = trend_scores(1 / made, horizons=TrendRule().horizons, volatility_days=30)
    assert found.abs().max(axis=None) <= 1
    # The t-statistics mirror exactly, the channels of prices and of their inverses nearly.
    known = found.iloc[TrendRule().horizons[-1] :].to_numpy().ravel()
    against = -mirrored.iloc[TrendRule().horizons[-1] :].to_numpy().ravel()
    assert np.corrcoef(known, against)[0, 1] > 0.99


def test_trend_weights_stay_below_their_volatility_cap() -> None:
    made = closes(DAYS)
    weights = trend(made, settlements(1), target_volatility=0.1).weights
    found = expected_volatility(made, weights)
    assert found.max() <= 0.2 + 1e-9


def test_the_long_run_has_the_target_volatility_while_the_book_varies_with_strength() -> None:
    made = closes(3000)
    weights = trend(made, settlements(1), target_volatility=0.1).weights
    found = expected_volatility(made, weights).iloc[1000:]
    assert np.sqrt((found**2).mean()) == pytest.approx(0.1, rel=0.1)
    assert found.quantile(0.1) < 0.06 < 0.13 < found.quantile(0.9)
    book = promised(weights.iloc[1000:], made.iloc[1000:])
    assert book.annual_volatility_fraction == pytest.approx(0.1, rel=0.15)


def test_twice_the_target_is_twice_the_book() -> None:
    made = closes(DAYS)
    once, twice = (trend(made, settlements(1), target_volatility=one) for one in (0.05, 0.1))
    np.testing.assert_allclose(2 * once.weights, twice.weights)
    np.testing.assert_allclose(2 * once.full_sizes, twice.full_sizes)


def expected_volatility(made: pd.DataFrame, weights: pd.DataFrame) -> pd.Series:
    covariances = shrunk_covariances(log_returns(made), window=60)
    return covariances.volatility(weights, periods_per_year=365)
