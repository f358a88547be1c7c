"""The interval of a Sharpe ratio covers what it promises, and its p-values are those of luck."""

import numpy as np
import pytest
from scipy import stats

from plimsoll.performance.errors import MeasureError
from plimsoll.performance.sharpe_interval import sharpe_difference, sharpe_interval
from tests.unit.performance.series import noise

HISTORIES = 400
TRUTH = 0.1
PROMISED = 0.95
# 400 histories know a share of 95 % to 1.1 percent points: the true one is within 93 to 97 %.
SLACK = 0.028


@pytest.mark.parametrize(("share", "freedom"), [(0.0, 0), (0.2, 0), (0.0, 4), (0.2, 5), (-0.2, 5)])
def test_interval_covers_the_true_ratio_as_often_as_it_says(share: float, freedom: int) -> None:
    histories = noise(11, (365, HISTORIES), share=share, freedom=freedom) + TRUTH
    held = 0
    for seed, history in enumerate(histories.T):
        known = sharpe_interval(history, resamples=199, seed=seed)
        held += known.low <= TRUTH <= known.high
    assert held / HISTORIES == pytest.approx(PROMISED, abs=SLACK)


def test_p_values_of_accounts_without_an_edge_are_uniform() -> None:
    histories = noise(12, (365, HISTORIES), share=0.2, freedom=5)
    values = [
        sharpe_interval(one, resamples=199, seed=seed).p_above_zero
        for seed, one in enumerate(histories.T)
    ]
    assert stats.kstest(values, "uniform").pvalue > 0.01


def test_p_values_of_equal_accounts_are_uniform_and_their_interval_covers_zero() -> None:
    market, one, other = (noise(seed, (365, HISTORIES), freedom=5) for seed in (100, 101, 102))
    compared = [
        sharpe_difference(mine, theirs, resamples=199, seed=seed)
        for seed, (mine, theirs) in enumerate(
            zip((market + one).T, (market + other).T, strict=True)
        )
    ]
    assert stats.kstest([known.p_not_zero for known in compared], "uniform").pvalue > 0.01
    held = sum(known.low <= 0 <= known.high for known in compared)
    assert held / HISTORIES == pytest.approx(PROMISED, abs=SLACK)


def test_what_moves_both_accounts_is_no_doubt_about_the_difference() -> None:
    market, one, other = (noise(seed, (365, 1))[:, 0] for seed in (16, 17, 18))
    first, second = market + 0.1 * one + 0.05, market + 0.1 * other
    paired = sharpe_difference(first, second)
    apart = sharpe_difference(first, np.random.default_rng(1).permutation(second))
    assert paired.high - paired.low < (apart.high - apart.low) / 3
    assert paired.p_above_zero < 0.01


def test_difference_is_the_opposite_the_other_way_round() -> None:
    one, other = noise(19, (200, 2)).T
    there, back = sharpe_difference(one, other), sharpe_difference(other, one)
    assert there.value == pytest.approx(-back.value)
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low))
    assert there.p_above_zero + back.p_above_zero == pytest.approx(1.0, abs=0.01)


def test_account_against_itself_does_not_differ() -> None:
    returns = noise(20, (200, 1))[:, 0]
    same = sharpe_difference(returns, returns)
    assert (same.value, same.low, same.high, same.p_not_zero) == (0.0, 0.0, 0.0, 1.0)


def test_more_days_make_the_interval_narrower() -> None:
    returns = noise(21, (4 * 365, 1))[:, 0] + TRUTH
    year, years = sharpe_interval(returns[:365]), sharpe_interval(returns)
    assert years.high - years.low == pytest.approx((year.high - year.low) / 2, rel=0.25)


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        ([0.1, 0.2, 0.3], [0.1, 0.2], "as many days of both, found 3 and 2"),
        ([0.1, float("nan"), 0.3], [0.1, 0.2, 0.1], "must be finite"),
        ([0.1, 0.2, 0.3], [0.1, 0.1, 0.1], "returns that vary"),
    ],
)
def test_what_cannot_be_compared_is_refused(one: list[float], other: list[float], why: str) -> None:
    with pytest.raises(MeasureError, match=why):
        sharpe_difference(np.array(one), np.array(other))
