"""Cross-validated paths: each group tested by what the others chose."""

import numpy as np
import pandas as pd
import pytest

from plimsoll.core import UsageError
from plimsoll.lab.walk_forward.paths import paths_of, yearly_sharpe
from plimsoll.performance.windows import NO_GAPS, Gaps, Span

FIRST, DAY = pd.Timestamp("2025-06-01", tz="UTC"), pd.Timedelta(days=1)
DAYS = 80
SPAN = Span(FIRST, FIRST + DAYS * DAY)
INDEX = pd.date_range(FIRST + DAY, periods=DAYS, freq="D")


def trial(returns: np.ndarray) -> "pd.Series[float]":
    return pd.Series(returns, index=INDEX)


def noise(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.0, 0.01, DAYS)


def test_a_trial_that_is_always_best_is_every_path() -> None:
    best = trial(noise(1) + 0.05)
    made = paths_of([trial(noise(2)), best], SPAN, groups=8, tested=2, gaps=NO_GAPS)
    assert set(made.chosen) == {1}
    assert len(made.chosen) == 28
    assert len(made.sharpes) == 7
    for path in made.returns:
        np.testing.assert_array_equal(path, best.to_numpy())
    assert made.sharpes[0] == pytest.approx(yearly_sharpe(best.to_numpy()))


def test_a_group_is_tested_by_what_the_days_beside_it_chose() -> None:
    # Two trials that are good on opposite halves: what trains on one half is tested on the other.
    good, bad = np.full(DAYS // 2, 0.01), np.full(DAYS // 2, -0.01)
    wobble = 1e-4 * np.sin(np.arange(DAYS))
    one = trial(np.concatenate([good, bad]) + wobble)
    other = trial(np.concatenate([bad, good]) + wobble)
    made = paths_of([one, other], SPAN, groups=2, tested=1, gaps=NO_GAPS)
    assert made.chosen == (1, 0)  # the first split tests the first group, trained on the second
    assert max(made.returns[0]) < 0


def test_what_was_searched_in_noise_is_likely_overfitted() -> None:
    tried = [trial(noise(seed)) for seed in range(40)]
    made = paths_of(tried, SPAN, groups=8, tested=2, gaps=Gaps(DAY, DAY))
    assert made.overfitting is not None
    assert made.overfitting.probability > 0.2
    assert made.trials == 40


def test_few_days_have_no_probability_of_overfitting() -> None:
    index = INDEX[:8]
    tried = [pd.Series(noise(seed)[:8], index=index) for seed in range(3)]
    made = paths_of(tried, Span(FIRST, FIRST + 8 * DAY), groups=4, tested=1, gaps=NO_GAPS)
    assert made.overfitting is None


def test_one_trial_has_no_paths() -> None:
    with pytest.raises(UsageError, match="two different trials"):
        paths_of([trial(noise(1))], SPAN, groups=8, tested=2, gaps=NO_GAPS)


def test_gaps_that_leave_nothing_to_train_on_are_told() -> None:
    tried = [trial(noise(1)), trial(noise(2))]
    with pytest.raises(UsageError, match="leave nothing to train on"):
        paths_of(tried, SPAN, groups=2, tested=1, gaps=Gaps(100 * DAY))


def test_an_account_that_stands_still_has_a_ratio_of_0() -> None:
    assert yearly_sharpe(np.zeros(10)) == 0.0
    assert yearly_sharpe(np.array([0.01])) == 0.0
