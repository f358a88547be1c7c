"""How deep the same days may fall in another order."""

import numpy as np
import pandas as pd
import pytest

from plimsoll.performance.drawdown import drawdown
from plimsoll.performance.drawdown_interval import deepest_falls, drawdown_interval
from plimsoll.performance.errors import MeasureError
from tests.unit.performance.series import noise


def test_fall_is_that_of_the_equity_of_the_same_days() -> None:
    returns = 0.01 * noise(1, (300, 1))[:, 0]
    growth = np.concatenate([[1.0], np.cumprod(1 + returns)])
    days = pd.date_range("2024-01-01", periods=301, tz="UTC")
    expected = drawdown(pd.Series(growth, index=days)).max_fraction
    assert drawdown_interval(returns).value == pytest.approx(expected)


def test_first_day_may_fall_and_a_lost_account_has_fallen_whole() -> None:
    falls = deepest_falls(np.array([[-0.1, 0.1, 0.5], [0.05, 0.1, -1.5], [0.05, 0.1, 3.0]]))
    assert falls == pytest.approx([0.1, 0.0, 1.0])


def test_interval_covers_the_deepest_falls_of_other_histories() -> None:
    """Of the fall of a further history of the same market, as often as it says."""
    histories = 0.01 * noise(2, (250, 400), freedom=5) + 0.0005
    falls = deepest_falls(histories)
    held = 0
    for one in range(0, 400, 2):
        known = drawdown_interval(histories[:, one], resamples=200, seed=one)
        held += known.low <= falls[one + 1] <= known.high
    assert held / 200 > 0.8


def test_losses_that_follow_losses_make_deeper_falls() -> None:
    following = 0.01 * noise(3, (600, 1), share=0.6)[:, 0]
    apart = np.random.default_rng(4).permutation(following)
    lasting, passing = drawdown_interval(following), drawdown_interval(apart)
    assert lasting.block_days > passing.block_days
    assert lasting.median > 1.3 * passing.median


def test_blocks_are_as_long_as_wild_times_last() -> None:
    calm, wild = 0.004 * noise(5, (300, 1))[:, 0], 0.03 * noise(6, (300, 1))[:, 0]
    assert drawdown_interval(np.concatenate([calm, wild])).block_days > 20


def test_bounds_are_in_their_order() -> None:
    known = drawdown_interval(0.02 * noise(5, (100, 1))[:, 0])
    assert 0 < known.low < known.median < known.high < 1


@pytest.mark.parametrize("returns", [[0.1], [0.1, float("nan")]])
def test_what_is_no_record_is_refused(returns: list[float]) -> None:
    with pytest.raises(MeasureError):
        drawdown_interval(np.array(returns))
