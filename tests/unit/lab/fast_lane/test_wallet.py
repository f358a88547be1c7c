"""The wallet's sums and limits."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plimsoll.lab.fast_lane.wallet import (
    added,
    least_stake_usd,
    max_leverage,
    most_stake_usd,
    summed,
    valid_stake_usd,
)
from tests.unit.lab.fast_lane.desk import market

CALM = (100.0, 101.0, 99.0, 100.0)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(min_value=-1e6, max_value=1e6), max_size=30))
def test_sums_are_pythons_with_and_without_what_rounding_took(values):
    total = lost = plain = 0.0
    for value in values:
        total, lost = added(total, lost, value)
        plain += value

    assert summed(0, total, lost) == plain
    assert summed(1, total, lost) == pytest.approx(math.fsum(values), rel=1e-12, abs=1e-9)


@pytest.mark.parametrize(
    ("stake", "least", "most", "available", "answer"),
    [
        (100.0, 10.0, 500.0, 1000.0, 100.0),
        (100.0, 120.0, 500.0, 1000.0, 120.0),
        (100.0, 131.0, 500.0, 1000.0, 0.0),
        (100.0, 10.0, 80.0, 1000.0, 80.0),
        (100.0, 10.0, 500.0, 60.0, 60.0),
        (100.0, 70.0, 500.0, 60.0, 0.0),
        (0.0, 0.0, 500.0, 1000.0, 0.0),
        (math.nan, 0.0, 500.0, 1000.0, 0.0),
    ],
)
def test_a_stake_is_brought_within_its_limits_or_dropped(stake, least, most, available, answer):
    assert valid_stake_usd(stake, least, most, available) == answer


def test_the_smallest_stake_keeps_a_reserve_for_the_stop():
    asked = market([CALM] * 2)
    asked.pairs["least_cost"], asked.pairs["least_amount"] = 5.0, 0.001

    assert least_stake_usd(asked, asked.pairs[0], 100.0, 1.0) == 5.0 * (1.05 / 0.95)
    assert least_stake_usd(asked, asked.pairs[0], 100.0, 2.0) == 5.0 * (1.05 / 0.95) / 2.0


def test_the_largest_stake_is_the_tiers_over_the_leverage():
    asked = market([CALM] * 2)
    asked.tiers["most_notional"] = 5000.0

    assert most_stake_usd(asked, asked.pairs[0], 100.0, 10.0) == 500.0
    assert max_leverage(asked, asked.pairs[0], 10.0) == 50.0
    assert math.isnan(max_leverage(asked, asked.pairs[0], 1e6))
