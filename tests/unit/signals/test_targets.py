"""Trend and carry weights: no row looks ahead."""

import numpy as np
import pandas as pd
import pytest

from tests.unit.signals.panels import closes, settlements
from tests.unit.signals.targets import DAYS, Made, carry, trend

both = pytest.mark.parametrize("of", [trend, carry])


@both
def test_rows_before_a_cut_stay_as_they_were(of: Made) -> None:
    made, rates = closes(DAYS), settlements(DAYS)
    whole = of(made, rates)
    for cut in range(150, DAYS, 37):
        until = made.index[cut] + pd.Timedelta(days=1)
        early = of(made[made.index < until], rates[rates.index < until])
        for name in ("weights", "full_sizes"):
            expected, found = getattr(whole, name).iloc[: cut + 1], getattr(early, name)
            pd.testing.assert_frame_equal(expected, found, check_exact=True, check_freq=False)


@both
def test_rows_do_not_feel_another_future(of: Made) -> None:
    made, rates = closes(DAYS), settlements(DAYS)
    later = made.index[300]
    other_closes, other_rates = made.copy(), rates.copy()
    other_closes[other_closes.index > later] *= 3
    other_rates[other_rates.index >= later + pd.Timedelta(days=1)] += 0.01
    before, after = of(made, rates).weights, of(other_closes, other_rates).weights
    assert before.iloc[:301].equals(after.iloc[:301])
    assert not before.iloc[301:].equals(after.iloc[301:])


@both
def test_a_pair_without_a_close_today_has_no_opinion(of: Made) -> None:
    made = closes(DAYS)
    made.iloc[-1, 2] = np.nan
    last = of(made, settlements(DAYS)).weights.iloc[-1]
    assert last.isna().tolist() == [False, False, True, False, False]
