"""Whole units and cents."""

import math

import pytest

from plimsoll.parity import ParityError
from plimsoll.parity.money import cents, shared_cents, units


def test_three_thirds_of_a_cent_are_shown_as_one_cent():
    assert shared_cents([333_334, 333_333, 333_333], 1) == [1, 0, 0]


def test_half_a_cent_is_rounded_away_from_zero_on_both_sides():
    assert (cents(500_000), cents(-500_000)) == (1, -1)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_what_is_no_amount_is_refused(value):
    with pytest.raises(ParityError):
        units(value)
