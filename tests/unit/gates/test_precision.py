"""Bounds of significance: right for an edge, right for none."""

import math

import numpy as np
import pandas as pd
import pytest

from plimsoll.gates.precision import (
    deepest_fall,
    deflated_of,
    equity_band,
    excess_low,
    precision_of,
)

DAYS = pd.date_range("2025-01-02", periods=540, freq="D", tz="UTC")


def returns(seed: int, mean: float) -> "pd.Series[float]":
    return pd.Series(np.random.default_rng(seed).normal(mean, 0.01, len(DAYS)), index=DAYS)


def test_an_edge_is_above_zero_at_its_lower_bound() -> None:
    one = precision_of(returns(1, 0.0025))
    assert 0 < one.sharpe_low < one.sharpe
    assert 0 < one.mean_low < one.mean


def test_without_an_edge_the_lower_bound_is_above_zero_in_about_one_of_twenty() -> None:
    passed = sum(precision_of(returns(seed, 0.0)).sharpe_low > 0 for seed in range(60))
    assert passed <= 8


@pytest.mark.parametrize(
    "series",
    [returns(1, 0.001)[:20], returns(1, 0.001) * 0.0, returns(1, 0.001).where(DAYS[5] != DAYS)],
    ids=["few", "still", "NaN"],
)
def test_what_is_no_evidence_has_no_bound(series: "pd.Series[float]") -> None:
    one = precision_of(series)
    assert math.isnan(one.sharpe_low)
    assert math.isnan(deflated_of(series, 10))
    assert math.isnan(excess_low(series, returns(2, 0.0)))


def test_more_trials_make_the_same_returns_weaker_evidence() -> None:
    series = returns(1, 0.001)
    chances = [deflated_of(series, trials) for trials in (1, 10, 1_000)]
    assert chances[0] > chances[1] > chances[2]
    assert math.isnan(deflated_of(series, 0))


def test_a_baseline_is_beaten_by_more_than_luck_only() -> None:
    own = returns(1, 0.0025)
    assert excess_low(own, returns(2, 0.0)) > 0
    assert excess_low(own, own + 0.001) < 0


def test_a_baseline_that_stands_still_is_cash() -> None:
    own = returns(1, 0.0025)
    assert excess_low(own, own * 0.0) == precision_of(own).sharpe_low


def test_days_that_a_baseline_lacks_leave_nothing_to_compare() -> None:
    own = returns(1, 0.0025)
    assert math.isnan(excess_low(own, returns(2, 0.0)[1:]))


def test_the_band_is_around_the_growth_and_repeats_itself() -> None:
    series = returns(1, 0.0025)
    growth, band = equity_band(series)
    assert growth.iloc[-1] == pytest.approx(float((1 + series).prod()))
    assert band["low"].iloc[-1] < growth.iloc[-1] < band["high"].iloc[-1]
    assert equity_band(series)[1].equals(band)


def test_the_deepest_fall_counts_from_the_start() -> None:
    assert deepest_fall(pd.Series([-0.1, 0.05, -0.1])) == pytest.approx(1 - 0.9 * 1.05 * 0.9)
    assert deepest_fall(pd.Series([0.1, 0.1])) == 0.0
