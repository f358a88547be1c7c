"""Whole numbers of any length, beside Python's own."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plimsoll.lab.fast_lane import wide

LIMBS = 30
LONG = st.integers(0, 2**400 - 1)


def to_wide(number: int) -> wide.Wide:
    made = np.zeros(LIMBS, np.int64)
    for place in range(LIMBS):
        made[place] = number >> (wide.BITS * place) & wide.MASK
    return made


def to_int(number: wide.Wide) -> int:
    return sum(int(limb) << (wide.BITS * place) for place, limb in enumerate(number))


@given(st.integers(0, 2**63 - 1))
def test_a_word_becomes_limbs(number: int) -> None:
    assert to_int(wide.wide(number, 3)) == number


@given(LONG, LONG)
def test_sums_differences_and_order_are_pythons(left: int, right: int) -> None:
    high, low = max(left, right), min(left, right)
    total, rest = to_wide(left), to_wide(high)
    wide.add(total, to_wide(right))
    wide.subtract(rest, to_wide(low))
    assert (to_int(total), to_int(rest)) == (left + right, high - low)
    assert wide.compare(to_wide(left), to_wide(right)) == (left > right) - (left < right)
    assert wide.bits_of(to_wide(left)) == left.bit_length()


@given(LONG, LONG, st.integers(0, 60), st.integers(0, 400))
def test_products_and_powers_are_pythons(left: int, right: int, power: int, bits: int) -> None:
    ten, two = to_wide(left), to_wide(left)
    wide.scale_by_ten(ten, power)
    wide.shift(two, bits)
    assert to_int(ten) == left * 10**power
    assert to_int(two) == left << bits
    assert to_int(wide.multiply(to_wide(left), to_wide(right), LIMBS)) == left * right


SPARSE = st.lists(st.sampled_from([0, 1, wide.MASK, 1 << 29]), min_size=1, max_size=12).map(
    lambda limbs: sum(limb << (wide.BITS * place) for place, limb in enumerate(limbs))
)
"""Numbers whose limbs are at their limits: what a quotient's guessed limb goes wrong on."""


@settings(max_examples=600)
@given(st.one_of(LONG, SPARSE), st.one_of(LONG, SPARSE, st.integers(1, 2**70)))
def test_a_quotient_and_its_remainder_are_pythons(number: int, by: int) -> None:
    by = max(by, 1)
    rest = to_wide(number)
    quotient = wide.divide(rest, to_wide(by))
    assert (to_int(quotient), to_int(rest)) == divmod(number, by)


@settings(max_examples=600)
@given(LONG, st.integers(-30, 420))
def test_the_nearest_double_of_a_long_decimal(number: int, decimals: int) -> None:
    wanted = float(Fraction(number) / Fraction(10) ** decimals)
    assert wide.nearest_double(to_wide(number), decimals) == wanted


@pytest.mark.parametrize(
    ("number", "decimals", "wanted"),
    [
        pytest.param(2**53 + 1, 0, 2.0**53, id="a tie goes down to the even double"),
        pytest.param(2**53 + 3, 0, 2.0**53 + 4, id="a tie goes up to the even double"),
        pytest.param((2**53 + 1) * 10**30 + 1, 30, 2.0**53 + 2, id="a little more than a tie"),
        pytest.param(5, 324, 5e-324, id="the least double"),
        pytest.param(2, 324, 0.0, id="less than half of the least double"),
        pytest.param(1, 400, 0.0, id="far less than the least double"),
        pytest.param(0, 3, 0.0, id="nothing"),
    ],
)
def test_ties_and_the_least_doubles(number: int, decimals: int, wanted: float) -> None:
    assert wide.nearest_double(to_wide(number), decimals) == wanted
