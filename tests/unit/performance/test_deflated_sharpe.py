"""The deflated Sharpe ratio, against the example of the paper and against simulated luck."""

from math import sqrt

import numpy as np
import pytest
from scipy import stats

from plimsoll.performance.deflated_sharpe import (
    LEAST_RETURNS,
    SharpeEvidence,
    deflated_sharpe,
    deflated_z,
    highest_by_luck,
    least_track_record,
    probabilistic_sharpe,
    sharpe_evidence,
)
from plimsoll.performance.errors import MeasureError

# Bailey & López de Prado (2014), "A numerical example": a yearly Sharpe ratio of 2.5 over five
# years of 250 days, skewness -3, kurtosis 10, the trials' yearly ratios having a variance of 1/2.
PAPER = SharpeEvidence(sharpe=2.5 / sqrt(250), returns=1250, skewness=-3.0, kurtosis=10.0)
PAPER_VARIANCE = 0.5 / 250


def test_the_papers_benchmark_of_a_hundred_trials() -> None:
    assert highest_by_luck(100, PAPER_VARIANCE) == pytest.approx(0.1132, abs=5e-5)


def test_the_papers_example_of_a_hundred_trials() -> None:
    probability = deflated_sharpe(PAPER, trials=100, trial_variance=PAPER_VARIANCE)
    assert probability == pytest.approx(0.9004, abs=5e-5)


def test_the_papers_example_of_fortysix_trials() -> None:
    probability = deflated_sharpe(PAPER, trials=46, trial_variance=PAPER_VARIANCE)
    assert probability == pytest.approx(0.9505, abs=5e-5)


def test_the_benchmark_is_what_the_best_of_many_without_skill_reach() -> None:
    ratios = np.random.default_rng(3).normal(0, 0.05, (4000, 200))
    assert highest_by_luck(200, 0.05**2) == pytest.approx(ratios.max(axis=1).mean(), rel=0.02)


def test_the_best_of_many_without_skill_is_no_evidence() -> None:
    returns = np.random.default_rng(4).normal(0, 0.01, (300, 365))
    measured = [one for one in map(sharpe_evidence, returns) if one is not None]
    best = max(measured, key=lambda one: one.sharpe)
    assert deflated_sharpe(best, trials=1) > 0.95
    assert deflated_sharpe(best, trials=300) < 0.9


def test_one_trial_is_not_deflated() -> None:
    assert highest_by_luck(1, 1.0) == 0
    alone = SharpeEvidence(sharpe=0.1, returns=401, skewness=0.0, kurtosis=3.0)
    assert deflated_z(alone, trials=1) == pytest.approx(2 / sqrt(1.005))


def test_more_trials_are_weaker_evidence() -> None:
    scores = [deflated_z(PAPER, trials=trials) for trials in (1, 10, 100, 1000)]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == 4


@pytest.mark.parametrize(("skewness", "kurtosis"), [(-1.0, 3.0), (0.0, 9.0)])
def test_losses_far_out_make_the_same_ratio_weaker(skewness: float, kurtosis: float) -> None:
    normal = SharpeEvidence(0.1, 500, 0.0, 3.0)
    other = SharpeEvidence(0.1, 500, skewness, kurtosis)
    assert 0 < deflated_z(other, trials=1) < deflated_z(normal, trials=1)


def test_the_measures_are_those_of_the_returns() -> None:
    returns = np.random.default_rng(5).standard_t(5, 500) * 0.01
    evidence = sharpe_evidence(returns)
    assert evidence is not None
    assert evidence.sharpe == pytest.approx(returns.mean() / returns.std(ddof=1))
    assert evidence.skewness == pytest.approx(stats.skew(returns))
    assert evidence.kurtosis == pytest.approx(
        ((returns - returns.mean()) ** 4).mean() / returns.var() ** 2
    )


@pytest.mark.parametrize(
    "returns",
    [
        np.linspace(-0.01, 0.02, LEAST_RETURNS - 1),
        np.full(100, 0.001),
        np.append(np.linspace(-0.01, 0.02, 100), np.nan),
        np.empty(0),
    ],
    ids=["too few", "no deviation", "not finite", "none"],
)
def test_returns_that_tell_nothing_are_no_evidence(returns: np.ndarray) -> None:
    assert sharpe_evidence(returns) is None


@pytest.mark.parametrize(("trials", "variance"), [(0, 1.0), (5, -1.0), (5, float("nan"))])
def test_impossible_trials_are_refused(trials: int, variance: float) -> None:
    with pytest.raises(MeasureError):
        highest_by_luck(trials, variance)


# Bailey & López de Prado (2012), section "An example": monthly returns of two years.
TWO_YEARS = {"sharpe": 0.458, "returns": 24}


def test_probability_of_the_papers_track_record() -> None:
    normal = SharpeEvidence(**TWO_YEARS, skewness=0.0, kurtosis=3.0)
    own = SharpeEvidence(**TWO_YEARS, skewness=-2.448, kurtosis=10.164)
    assert probabilistic_sharpe(normal) == pytest.approx(0.982, abs=5e-4)
    assert probabilistic_sharpe(own) == pytest.approx(0.913, abs=5e-4)


@pytest.mark.parametrize(
    ("periods", "skewness", "kurtosis", "years"),
    [(250, 0.0, 3.0, 2.73), (52, 0.0, 3.0, 2.83), (12, 0.0, 3.0, 3.24), (12, -0.72, 5.78, 4.99)],
)
def test_least_track_record_is_the_papers(
    periods: int, skewness: float, kurtosis: float, years: float
) -> None:
    """A yearly ratio of 2 is above 1 with 95 % confidence after so many years."""
    evidence = SharpeEvidence(2 / sqrt(periods), 100, skewness, kurtosis)
    least = least_track_record(evidence, benchmark=1 / sqrt(periods))
    assert least / periods == pytest.approx(years, abs=0.006)


def test_no_track_record_shows_what_is_not_there() -> None:
    assert np.isnan(least_track_record(SharpeEvidence(0.1, 100, 0.0, 3.0), benchmark=0.1))


def test_given_error_takes_the_place_of_the_formulas() -> None:
    evidence = SharpeEvidence(0.1, 101, 0.0, 3.0)
    own = sqrt(1.005 / 100)
    assert probabilistic_sharpe(evidence, error=own) == pytest.approx(
        probabilistic_sharpe(evidence)
    )
    assert least_track_record(evidence, error=2 * own) == pytest.approx(
        4 * (least_track_record(evidence) - 1) + 1
    )
