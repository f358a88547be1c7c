"""How far apart two records are."""

import math

import pytest

from plimsoll.parity.verdict import Band, verdict_of


def test_trades_that_cancel_do_not_make_a_record_equal():
    verdict = verdict_of([10, -10], [100, 100], [110, 90], 1_000.0)

    assert verdict.net_fraction == 0.0
    assert verdict.fraction == pytest.approx(0.1)
    assert verdict.band is Band.APART


@pytest.mark.parametrize(
    ("difference", "band"),
    [
        (0, Band.EQUAL),
        (500, Band.SAME),
        (2_000, Band.CLOSE),
        (5_000, Band.DRIFTING),
        (20_000, Band.APART),
        (20_001, Band.DIFFERENT),
    ],
)
def test_each_band_includes_its_own_limit(difference, band):
    assert verdict_of([difference], [100_000], [100_000], None).band is band


def test_nothing_compared_is_never_within_a_limit():
    verdict = verdict_of([], [], [], 1_000.0)

    assert verdict.band is Band.EMPTY
    assert not verdict.within(1.0)


def test_a_difference_where_nothing_was_made_is_infinite():
    assert math.isinf(verdict_of([5, -5], [0], [0], None).fraction)
