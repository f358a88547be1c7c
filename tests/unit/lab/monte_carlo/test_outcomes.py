"""What runs come to, and what they say together."""

import numpy as np
import pandas as pd
import pytest

from plimsoll.lab.monte_carlo.outcomes import (
    Outcome,
    outcome_of,
    p_value,
    place_of,
    redraw_record,
    shuffle_record,
)

DAYS = pd.date_range("2025-01-01", periods=5, freq="D", tz="UTC")


def runs(*sharpes: float) -> list[Outcome]:
    return [Outcome(one, one / 10, 0.3 - one / 10, 4) for one in sharpes]


def test_an_account_is_measured_by_its_days() -> None:
    made = outcome_of(pd.Series([100.0, 110.0, 99.0, 99.0, 121.0], index=DAYS), 7)
    returns = np.array([0.1, -0.1, 0.0, 121 / 99 - 1])
    assert made.total_return_fraction == pytest.approx(0.21)
    assert made.drawdown_fraction == pytest.approx(0.1)
    assert made.sharpe == pytest.approx(returns.mean() / returns.std(ddof=1) * np.sqrt(365))
    assert made.trades == 7


def test_an_account_that_stands_still_has_a_sharpe_ratio_of_zero() -> None:
    assert outcome_of(pd.Series(100.0, index=DAYS), 0) == Outcome(0.0, 0.0, 0.0, 0)


def test_what_has_lost_everything_stays_at_nothing() -> None:
    made = outcome_of(pd.Series([100.0, 50.0, -3.0, 20.0, 30.0], index=DAYS), 1)
    assert made.total_return_fraction == -1.0
    assert made.drawdown_fraction == 1.0
    assert np.isfinite(made.sharpe)


def test_the_real_run_counts_among_those_that_are_as_good() -> None:
    assert p_value(2.0, [1.0, 0.0, -1.0]) == 1 / 4
    assert p_value(0.0, [1.0, 0.0, -1.0]) == 3 / 4
    assert p_value(-5.0, [1.0, 0.0, -1.0]) == 1.0


def test_equal_runs_count_by_half_for_the_place() -> None:
    assert place_of(1.0, [0.0, 1.0, 1.0, 2.0]) == 0.5
    assert place_of(9.0, [0.0, 1.0]) == 1.0


def test_records_say_chances_and_quantiles() -> None:
    told = redraw_record(runs(1.0)[0], runs(-1.0, 0.5, 1.5, 3.0))
    assert told["chance_of_loss"] == 0.25
    assert told["chance_of_deep_fall"] == 0.5  # falls of 0.4, 0.25, 0.15 and 0
    assert told["measures"]["sharpe"]["place"] == 0.5
    assert told["measures"]["sharpe"]["quantiles"]["0.50"] == 1.0
    shuffled = shuffle_record(runs(1.0)[0], runs(-1.0, 0.5, 1.5))
    assert (shuffled["p_sharpe"], shuffled["p_profit"]) == (0.5, 0.5)
    assert shuffled["shuffled"]["trades"] == [4, 4, 4]
