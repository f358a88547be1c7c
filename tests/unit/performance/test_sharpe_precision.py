"""The standard error of a Sharpe ratio and its interval by resampling."""

import math

import numpy as np
import pytest
from scipy import stats

from plimsoll.performance.errors import MeasureError
from plimsoll.performance.sharpe_precision import resampled_sharpes, sharpe_precision

YEAR = math.sqrt(365)


def daily(*, days: int = 1_000, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.001, 0.01, days)


def test_error_of_normal_returns_is_that_of_lo() -> None:
    """Lo (2002), table 1: a monthly ratio of 0.5 over 60 months has an error of 0.137."""
    returns = daily(days=60)
    returns = 0.5 + (returns - returns.mean()) / returns.std(ddof=1)
    known = sharpe_precision(returns)
    assert known is not None
    assert known.sharpe == pytest.approx(0.5 * YEAR)
    assert known.standard_error_normal / YEAR == pytest.approx(0.137, abs=5e-4)


def test_error_of_other_returns_takes_their_skewness_and_kurtosis() -> None:
    returns = daily() - 0.05 * (np.arange(1_000) % 97 == 0)
    known = sharpe_precision(returns)
    assert known is not None
    ratio = returns.mean() / returns.std(ddof=1)
    shape = 1 - stats.skew(returns) * ratio + (stats.kurtosis(returns) + 2) / 4 * ratio**2
    assert known.standard_error == pytest.approx(math.sqrt(shape / 1_000) * YEAR)
    assert known.standard_error != pytest.approx(known.standard_error_normal, rel=1e-3)


def test_error_is_the_spread_of_ratios_of_many_histories() -> None:
    ratios = [
        sample.mean() / sample.std(ddof=1)
        for sample in np.random.default_rng(5).normal(0.001, 0.01, (4_000, 500))
    ]
    known = sharpe_precision(daily(days=500))
    assert known is not None
    assert known.standard_error == pytest.approx(np.std(ratios) * YEAR, rel=0.06)


def test_interval_of_independent_days_is_two_errors_wide_on_each_side() -> None:
    known = sharpe_precision(daily(days=1_500))
    assert known is not None
    assert known.low < known.sharpe < known.high
    assert (known.high - known.low) / known.standard_error == pytest.approx(2 * 1.96, rel=0.12)


def test_interval_of_days_that_follow_each_other_is_wider() -> None:
    noise = np.random.default_rng(3).normal(0, 0.01, 1_500)
    linked = np.empty_like(noise)
    linked[0] = noise[0]
    for day in range(1, len(noise)):
        linked[day] = 0.6 * linked[day - 1] + noise[day]
    known = sharpe_precision(linked + 0.001)
    assert known is not None
    assert (known.high - known.low) / known.standard_error > 1.3 * 2 * 1.96


def test_same_returns_give_the_same_interval() -> None:
    assert sharpe_precision(daily()) == sharpe_precision(daily())


def test_blocks_keep_days_together_and_wrap_around() -> None:
    """With blocks as long as the history almost every sample is the history, turned."""
    returns = np.arange(30.0)
    whole = resampled_sharpes(returns, mean_block=1e12, resamples=50)
    assert whole == pytest.approx(np.full(50, returns.mean() / returns.std(ddof=1)))
    single = resampled_sharpes(returns, mean_block=1, resamples=50)
    assert single.std() > 0.1


def test_too_few_or_unmoved_returns_are_no_evidence() -> None:
    assert sharpe_precision(daily(days=10)) is None
    assert sharpe_precision(np.zeros(500)) is None
    with pytest.raises(MeasureError, match="blocks of a day"):
        resampled_sharpes(daily(), mean_block=0.5)
