"""Learned shares against equal ones: better only where the difference is no luck."""

import numpy as np
import pytest

from plimsoll.core import PlimsollError
from plimsoll.learning.allocation import AllocationTerms, equal_score
from plimsoll.learning.allocation_judgement import judge_allocation
from tests.unit.learning.sleeves import EPISODE, follows_the_signal, made_sleeves

TERMS = AllocationTerms()


def test_a_score_with_an_edge_is_better() -> None:
    found = judge_allocation(
        follows_the_signal, made_sleeves(edge=0.003, days=2_000), TERMS, seed=1
    )
    assert found.is_better
    assert found.difference.low > 0
    assert found.difference.mean == pytest.approx(found.learned.mean - found.equal.mean)
    assert found.episodes == 22
    assert found.turnover > 0


def test_equal_scores_are_no_better_than_equal_shares() -> None:
    found = judge_allocation(equal_score, made_sleeves(edge=0.003, days=2_000), TERMS, seed=1)
    assert found.difference.mean == found.difference.low == 0
    assert not found.is_better


def test_on_noise_a_score_is_better_no_more_often_than_its_interval_says() -> None:
    found = [
        judge_allocation(follows_the_signal, made_sleeves(seed, days=1_000), TERMS, seed=seed)
        for seed in range(10)
    ]
    assert sum(one.is_better for one in found) <= 1
    assert np.mean([one.difference.mean for one in found]) < 0.005


def test_few_episodes_are_not_judged() -> None:
    with pytest.raises(PlimsollError, match="expected 5 episodes or more"):
        judge_allocation(equal_score, made_sleeves(days=4 * EPISODE), TERMS, seed=1)
