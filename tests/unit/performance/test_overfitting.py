"""The probability of backtest overfitting: a half without an edge, none with one."""

import numpy as np
import pytest

from plimsoll.performance.errors import MeasureError
from plimsoll.performance.overfitting import overfitting
from tests.unit.performance.series import noise, related

FACTORS = (7919, 6007, 5003, 4001, 3001, 2003)


def six_trials(days: int) -> np.ndarray:
    table = np.column_stack([related(days, 0.2, factor) for factor in FACTORS])
    table[:, 1] += 0.05
    return table


def test_all_figures_are_those_of_purgedcv() -> None:
    """purgedcv 0.1.11: probability_of_backtest_overfitting(table.T, 8)."""
    known = overfitting(six_trials(160), groups=8)
    assert known.probability == pytest.approx(0.18571428571428572)
    assert known.slope == pytest.approx(-0.46378737888959154)
    assert known.loss_probability == pytest.approx(0.2571428571428571)
    ordered = np.sort(known.logits)[[0, 20, 40, 69]]
    assert ordered == pytest.approx([-1.79175947, 0.91629073, 1.79175947, 1.79175947])


def test_search_without_an_edge_is_overfitted_half_the_time() -> None:
    shares = [overfitting(noise(seed, (400, 30)), groups=10).probability for seed in range(60)]
    assert np.mean(shares) == pytest.approx(0.5, abs=0.06)


def test_search_with_a_real_edge_is_hardly_ever_overfitted() -> None:
    table = noise(1, (700, 40))
    table[:, 7] += 0.3
    known = overfitting(table)
    assert known.groups == 16
    assert len(known.logits) == 12_870
    assert known.probability < 0.01
    assert known.loss_probability < 0.01


def test_trial_whose_gain_lies_in_one_stretch_is_overfitted() -> None:
    """Each trial earns on its own days and gives back on all others: what wins loses."""
    table = 0.1 * noise(2, (400, 8)) - 0.3
    for trial in range(8):
        table[trial * 50 : (trial + 1) * 50, trial] += 2.0
    assert overfitting(table, groups=8).probability > 0.9


def test_trials_that_stand_still_are_neither_best_nor_worst() -> None:
    table = np.column_stack([noise(3, (200, 1))[:, 0] - 0.5, np.zeros(200)])
    assert overfitting(table, groups=4).probability == 0.0


def test_equal_trials_rank_in_the_middle() -> None:
    table = np.repeat(noise(4, (100, 1)), 3, axis=1)
    assert overfitting(table, groups=4).logits == pytest.approx(np.zeros(6))


def test_days_that_do_not_divide_are_all_used() -> None:
    table = six_trials(163)
    table[-1] += 5
    assert overfitting(table, groups=8).days == 163
    assert (overfitting(table, groups=8).logits != overfitting(table[:-1], groups=8).logits).any()


def test_short_record_is_cut_into_fewer_groups() -> None:
    assert overfitting(noise(5, (70, 4))).groups == 14


@pytest.mark.parametrize(
    ("shape", "groups", "why"),
    [
        ((100, 1), 8, "2 trials or more"),
        ((100, 3), 7, "an even number of groups"),
        ((9, 3), None, "10 days at least, found 0 groups and 9 days"),
        ((20, 3), 16, "32 days at least"),
    ],
)
def test_what_cannot_be_split_is_refused(
    shape: tuple[int, int], groups: int | None, why: str
) -> None:
    with pytest.raises(MeasureError, match=why):
        overfitting(noise(6, shape), groups=groups)


def test_return_that_is_no_number_is_refused() -> None:
    table = six_trials(160)
    table[3, 3] = np.nan
    with pytest.raises(MeasureError, match="must be finite"):
        overfitting(table)
