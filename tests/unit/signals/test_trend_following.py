"""Trend weights: what they mean."""

import numpy as np
import pytest

from plimsoll.signals.panels import log_returns, portfolio_volatility
from plimsoll.signals.trend_following import HORIZONS, trend_scores
from tests.unit.signals.panels import closes, settlements
from tests.unit.signals.targets import DAYS, trend


def test_a_steady_rise_is_a_full_long_and_a_fall_half_a_short() -> None:
    made = closes(200, pairs=["UP", "DOWN"])
    steps = np.linspace(0, 2, 200)
    noise = np.where(np.arange(200) % 2, 0.0005, -0.0005)
    made["UP"], made["DOWN"] = np.exp(steps + noise), np.exp(-steps - noise)
    found = trend(made, settlements(1))
    share = (found.weights / found.full_sizes).iloc[-1]
    scale = share["UP"]
    assert 0 < scale <= 1
    assert share["DOWN"] == pytest.approx(-0.5 * scale, rel=0.01)


def test_scores_are_bounded_and_symmetric() -> None:
    made = closes(DAYS)
    found = trend_scores(made, horizons=HORIZONS, volatility_days=30)
    mirrored = trend_scores(1 / made, horizons=HORIZONS, volatility_days=30)
    assert found.abs().max(axis=None) <= 1
    # The t-statistics mirror exactly, the channels of prices and of their inverses nearly.
    known = found.iloc[HORIZONS[-1] :].to_numpy().ravel()
    against = -mirrored.iloc[HORIZONS[-1] :].to_numpy().ravel()
    assert np.corrcoef(known, against)[0, 1] > 0.99


def test_trend_weights_stay_below_their_volatility_cap() -> None:
    made = closes(DAYS)
    weights = trend(made, settlements(1), target_volatility=0.1).weights
    found = portfolio_volatility(weights, log_returns(made), window=60, periods_per_year=365)
    assert found.max() <= 0.12 + 1e-9
