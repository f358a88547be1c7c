"""White's reality check and Hansen's test, against a library and against luck."""

import numpy as np
import pytest
from scipy import stats

from plimsoll.performance.errors import MeasureError
from plimsoll.performance.reality_check import reality_check
from tests.unit.performance.series import noise, related

FACTORS = (7919, 6007, 5003, 4001, 3001, 2003)


def six_trials() -> np.ndarray:
    table = np.column_stack([related(300, 0.2, factor) for factor in FACTORS])
    table[:, 1] += 0.05
    table[:, 4] -= 0.2
    return table


def test_whites_is_the_upper_p_value_of_arch() -> None:
    """arch 8.0.0: SPA(0, -table, block_size=5, reps=20000), whose maximum is of plain means."""
    known = reality_check(six_trials(), mean_block=5, resamples=20_000)
    assert known.reality_check == pytest.approx(0.1337, abs=0.008)


def test_hansens_three_are_those_of_arch_for_trials_of_unit_error() -> None:
    """The same of ``table / ω``, so that the maximum of means is that of studentised ones."""
    known = reality_check(six_trials(), mean_block=5, resamples=20_000)
    assert known.spa_lower == pytest.approx(0.06335, abs=0.006)
    assert known.spa == pytest.approx(0.07985, abs=0.006)
    assert known.spa_upper == pytest.approx(0.11715, abs=0.008)
    assert known.best == 1


def test_p_value_of_trials_without_an_edge_is_uniform() -> None:
    values = [
        reality_check(noise(seed, (250, 15), share=0.1), resamples=299, seed=seed).spa_upper
        for seed in range(200)
    ]
    assert stats.kstest(values, "uniform").pvalue > 0.01
    assert np.mean(np.array(values) < 0.05) == pytest.approx(0.05, abs=0.035)


def test_best_of_many_without_an_edge_looks_real_alone_and_not_in_its_search() -> None:
    table = noise(1, (365, 300))
    best = table[:, [int(table.mean(axis=0).argmax())]]
    assert reality_check(best).spa < 0.01
    assert reality_check(table).spa > 0.2


def test_real_edge_among_many_trials_is_seen() -> None:
    table = noise(2, (365, 100))
    table[:, 30] += 0.3
    known = reality_check(table)
    assert known.best == 30
    assert known.spa < 0.01
    assert known.reality_check < 0.01


def test_hopeless_trials_hide_a_real_edge_from_white_and_not_from_hansen() -> None:
    """Hansen (2005), section 1: adding poor and erratic trials makes White's test blind."""
    good = noise(3, (365, 1)) + 0.17
    poor = 30 * noise(4, (365, 60)) - 30
    alone, among = reality_check(good), reality_check(np.hstack([good, poor]))
    assert alone.spa == pytest.approx(among.spa, abs=0.01)
    assert among.spa < 0.01 < 0.5 < among.reality_check


def test_hansens_consistent_p_value_lies_between_its_bounds() -> None:
    for seed in range(20):
        known = reality_check(noise(seed, (200, 10)) - 0.05, resamples=500, seed=seed)
        assert known.spa_lower <= known.spa <= known.spa_upper


def test_trial_that_never_differs_is_left_out_and_keeps_its_number() -> None:
    table = np.hstack([np.zeros((200, 2)), noise(5, (200, 1)) + 0.3])
    known = reality_check(table)
    assert (known.best, known.trials) == (2, 3)
    assert known.spa < 0.01


@pytest.mark.parametrize(
    ("table", "why"),
    [
        (np.zeros((100, 3)), "a trial that differs from the benchmark, found none"),
        (noise(6, (15, 3)), "needs 16 days, found 15"),
        (noise(6, (50, 1))[:, 0], "a row a day and a column a trial"),
        (np.full((50, 2), np.nan), "must be finite"),
    ],
)
def test_what_cannot_be_tested_is_refused(table: np.ndarray, why: str) -> None:
    with pytest.raises(MeasureError, match=why):
        reality_check(table)
