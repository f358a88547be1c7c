"""The error of a mean and of a Sharpe ratio when days are related."""

import math

import numpy as np
import pytest

from plimsoll.performance.deflated_sharpe import shape_of, sharpe_evidence
from plimsoll.performance.hac import (
    automatic_bandwidth,
    first_autocorrelation,
    kernel_variance,
    long_run_variance,
    sharpe_error,
    sharpe_influence,
)
from tests.unit.performance.series import noise, related


@pytest.mark.parametrize(
    ("count", "share", "expected"),
    [
        (250, 0.0, 0.06335937743630513),
        (500, 0.5, 0.21695907707204923),
        (1000, 0.9, 1.7841495736744162),
        (800, -0.4, 0.03692853529627301),
    ],
)
def test_kernel_is_that_of_arch(count: int, share: float, expected: float) -> None:
    """arch 8.0.0: QuadraticSpectral(x, bandwidth=4.5, df_adjust=0).cov.long_run."""
    values = related(count, share)
    assert kernel_variance(values - values.mean(), 4.5) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("share", "expected"), [(0.5, 6.08), (-0.5, 2.52), (0.9, 27.85)])
def test_bandwidth_is_andrews_for_128_values(share: float, expected: float) -> None:
    assert automatic_bandwidth(share, 128) == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("share", [-0.3, 0.0, 0.5, 0.8])
def test_long_run_variance_of_an_autoregression_is_the_known_one(share: float) -> None:
    """Of variance 1 it is (1 + ρ) / (1 - ρ)."""
    estimates = [long_run_variance(one) for one in noise(1, (2_000, 40), share=share).T]
    assert np.mean(estimates) == pytest.approx((1 + share) / (1 - share), rel=0.06)


def test_series_that_stands_still_has_none() -> None:
    assert long_run_variance(np.full(50, 0.3)) == 0.0
    assert math.isnan(sharpe_error(np.full(50, 0.3)))


def test_variance_of_the_influence_is_the_shape_of_mertens() -> None:
    returns = noise(2, (700, 1), freedom=5)[:, 0] * 0.02 + 0.004
    evidence = sharpe_evidence(returns)
    assert evidence is not None
    assert sharpe_influence(returns).mean() == pytest.approx(0.0, abs=1e-12)
    assert sharpe_influence(returns).var() == pytest.approx(shape_of(evidence), rel=2e-3)


@pytest.mark.parametrize(("share", "freedom"), [(0.0, 0), (0.3, 0), (0.2, 5), (-0.3, 0)])
def test_error_is_the_spread_of_the_ratios_of_many_histories(share: float, freedom: int) -> None:
    histories = noise(3, (500, 600), share=share, freedom=freedom) + 0.1
    ratios = histories.mean(axis=0) / histories.std(axis=0, ddof=1)
    errors = [sharpe_error(one) for one in histories.T[:200]]
    assert np.mean(errors) == pytest.approx(ratios.std(), rel=0.1)


def test_related_days_make_the_same_ratio_less_certain() -> None:
    errors = {
        share: np.mean([sharpe_error(one) for one in noise(4, (400, 30), share=share).T])
        for share in (-0.3, 0.0, 0.3)
    }
    assert errors[-0.3] < 0.85 * errors[0.0] < 0.7 * errors[0.3]


def test_first_autocorrelation_is_how_a_day_follows_the_day_before() -> None:
    assert first_autocorrelation(related(4_000, 0.6)) == pytest.approx(0.6, abs=0.05)
    assert first_autocorrelation(np.array([1.0, -1.0] * 50)) == pytest.approx(-0.99)
    assert math.isnan(first_autocorrelation(np.zeros(20)))
