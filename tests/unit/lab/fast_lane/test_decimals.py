"""A double's shortest decimal is the one that Python writes."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plimsoll.lab.fast_lane.decimals import high_word, shortest, stripped
from tests.unit.lab.fast_lane.numbers import NUMBERS


def decimal_of(value: float) -> Decimal:
    digits, decimals = shortest(value)
    return Decimal(digits).scaleb(-decimals)


@settings(max_examples=1500)
@given(st.one_of(NUMBERS, st.floats(0.0, allow_infinity=False)))
def test_it_is_what_python_writes(value: float) -> None:
    assert decimal_of(value) == Decimal(repr(value))


@pytest.mark.parametrize("step", [-1, 0, 1])
def test_it_is_what_python_writes_around_each_power_of_two(step: int) -> None:
    for power in range(-1074, 1024):
        value = 2.0**power
        value = float(np.nextafter(value, value * 2**step)) if step else value
        assert decimal_of(value) == Decimal(repr(value)), value


def test_it_is_what_python_writes_around_each_power_of_ten() -> None:
    for power in range(-320, 309):
        for value in (float(f"1e{power}"), float(np.nextafter(float(f"1e{power}"), 0.0))):
            assert decimal_of(value) == Decimal(repr(value)), value


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_the_high_word_of_a_product(left: int, right: int) -> None:
    assert int(high_word(np.uint64(left), np.uint64(right))) == left * right >> 64


@given(st.integers(1, 10**9), st.integers(0, 9), st.integers(-20, 40))
def test_zeros_at_the_end_are_taken_off(digits: int, zeros: int, decimals: int) -> None:
    short, places = stripped(digits * 10**zeros, decimals)
    assert short % 10 != 0
    assert Decimal(short).scaleb(-places) == Decimal(digits * 10**zeros).scaleb(-decimals)


def test_nothing_has_no_digits() -> None:
    assert shortest(0.0) == (0, 0)
    assert stripped(0, 7) == (0, 0)
