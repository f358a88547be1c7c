"""Days drawn anew in blocks, and how long the blocks are to be."""

import numpy as np
import pytest

from plimsoll.performance.bootstrap import Drawn, automatic_block, stationary_draw
from plimsoll.performance.errors import MeasureError
from tests.unit.performance.series import noise, related


@pytest.mark.parametrize(
    ("count", "share", "expected"),
    [
        (500, 0.5, 7.109354856403937),
        (1000, 0.9, 29.66437649922339),
        (800, -0.4, 10.78660357582238),
    ],
)
def test_block_is_that_of_arch(count: int, share: float, expected: float) -> None:
    """arch 8.0.0: optimal_block_length(x).stationary, Patton's code in Python."""
    assert automatic_block(related(count, share)) == pytest.approx(expected, rel=1e-9)


def test_block_is_a_day_at_least_and_longer_for_related_days() -> None:
    assert automatic_block(related(250, 0.0)) == 1.0
    assert automatic_block(np.zeros(100)) == 1.0
    assert automatic_block(related(100, 0.99)) <= 30


def test_days_follow_each_other_within_a_block_and_the_first_follows_the_last() -> None:
    drawn = stationary_draw(40, mean_block=8, resamples=300, seed=1)
    follows = (drawn.days[:-1] + 1) % 40 == drawn.days[1:]
    assert follows[~drawn.begins[1:]].all()
    assert drawn.begins[0].all()
    assert ((drawn.days[:-1] == 39) & (drawn.days[1:] == 0)).any()


def test_blocks_are_as_long_as_asked_on_average() -> None:
    drawn = stationary_draw(500, mean_block=5, resamples=200, seed=2)
    assert drawn.begins.mean() == pytest.approx(1 / 5, rel=0.03)


def test_every_day_is_drawn_as_often() -> None:
    drawn = stationary_draw(50, mean_block=4, resamples=4_000, seed=3)
    assert drawn.weights().sum(axis=1) == pytest.approx(np.full(4_000, 50.0))
    assert drawn.weights().mean(axis=0) == pytest.approx(np.ones(50), abs=0.1)


def test_weights_make_the_means_of_the_samples() -> None:
    values = noise(4, (60, 1))[:, 0]
    drawn = stationary_draw(60, mean_block=3, resamples=20, seed=4)
    assert drawn.weights() @ values / 60 == pytest.approx(values[drawn.days].mean(axis=0))


def test_block_squares_are_those_of_each_blocks_sum() -> None:
    begins = np.array([[True, True], [False, True], [True, False]])
    drawn = Drawn(np.zeros((3, 2), dtype="int64"), begins)
    values = np.array([[1.0, 1.0], [2.0, 2.0], [4.0, 3.0]])
    assert drawn.block_squares(values).tolist() == [(1 + 2) ** 2 + 4**2, 1 + (2 + 3) ** 2]


def test_draw_is_the_same_every_time() -> None:
    one, other = (stationary_draw(30, mean_block=3, resamples=10) for _ in range(2))
    assert (one.days == other.days).all()


@pytest.mark.parametrize(("count", "block"), [(1, 3.0), (10, 0.5)])
def test_too_few_days_or_too_short_blocks_are_refused(count: int, block: float) -> None:
    with pytest.raises(MeasureError, match="resampling needs two returns and blocks of a day"):
        stationary_draw(count, mean_block=block)
