"""Pairs of doubles are as near to the truth as they claim."""

import math
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from plimsoll.lab.fast_lane import doubled
from tests.unit.lab.fast_lane.numbers import FEES, NUMBERS

CLAIM = Fraction(1, 2**100)


def truth(value: float) -> Fraction:
    return Fraction(repr(value))


def error(pair: doubled.Pair, wanted: Fraction) -> Fraction:
    """Return by which share a pair misses a number."""
    return abs((Fraction(pair[0]) + Fraction(pair[1])) / wanted - 1)


@settings(max_examples=400)
@given(NUMBERS, NUMBERS, FEES)
def test_each_operation_errs_by_less_than_it_claims(left: float, right: float, fee: float) -> None:
    a, b = doubled.as_pair(left), doubled.as_pair(right)
    if math.isnan(a[1]) or math.isnan(b[1]):
        assert max(left, right) >= 1e15
        return
    assert error(a, truth(left)) < CLAIM
    assert error(doubled.times(a, b), truth(left) * truth(right)) < 4 * CLAIM
    assert error(doubled.over(a, b), truth(left) / truth(right)) < 4 * CLAIM
    for sign in (1.0, -1.0):
        factor = doubled.one_and(doubled.as_pair(fee), sign)
        assert math.isnan(factor[1]) == (fee >= 0.5)
        if fee < 0.5:
            assert error(factor, 1 + int(sign) * truth(fee)) < CLAIM


def test_what_has_too_many_decimals_has_no_pair() -> None:
    assert not math.isnan(doubled.as_pair(1.2345678901234567e-27)[1])
    assert math.isnan(doubled.as_pair(1.2345678901234567e-29)[1])
    assert math.isnan(doubled.as_pair(1.2345678901234567e17)[1])


@given(st.floats(1e-9, 1e9), st.floats(1e-9, 1e9))
def test_sums_and_products_keep_all_that_a_double_lacks(left: float, right: float) -> None:
    total, rest = doubled.exact_sum(left, right)
    assert Fraction(total) + Fraction(rest) == Fraction(left) + Fraction(right)
    high, low = doubled.exact_product(left, right)
    assert Fraction(high) + Fraction(low) == Fraction(left) * Fraction(right)


def test_only_what_can_round_to_one_double_is_rounded() -> None:
    half = 2.0**-53  # of the step above 1
    assert doubled.rounded((1.0, half / 2), 0.0) == 1.0
    assert doubled.rounded((1.0, half * 1.5), 0.0) == 1.0 + 2 * half
    assert math.isnan(doubled.rounded((1.0, half), 0.0))
    assert math.isnan(doubled.rounded((1.0, half * 1.5), half))
    assert math.isnan(doubled.rounded((1.0, math.nan), 0.0))
