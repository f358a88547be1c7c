"""Prices and amounts are cut and rounded to the same double as by Freqtrade."""

import math

import ccxt
import pytest
from freqtrade.exchange import (
    amount_to_contract_precision,
    amount_to_precision,
    price_to_precision,
)
from freqtrade.util import FtPrecise
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from plimsoll.lab.fast_lane import ticks
from tests.unit.lab.fast_lane.numbers import NUMBERS, TICKS, same

EXAMPLES = settings(max_examples=500, deadline=None)
ROUNDINGS = (ticks.TRUNCATE, ticks.ROUND, ticks.ROUND_UP, ticks.ROUND_DOWN)
SIGNS = st.sampled_from([1.0, 1.0, 1.0, -1.0])
MOST_STEPS = 1e20
"""From some 1e28 steps on Freqtrade's own decimals fail."""


def test_the_modes_are_ccxts() -> None:
    assert (ticks.DECIMAL_PLACES, ticks.TICK_SIZE) == (ccxt.DECIMAL_PLACES, ccxt.TICK_SIZE)
    assert ROUNDINGS == (ccxt.TRUNCATE, ccxt.ROUND, ccxt.ROUND_UP, ccxt.ROUND_DOWN)


@EXAMPLES
@given(NUMBERS, TICKS, SIGNS)
@example(29.322763029031925, 3e-16, 1.0)
@example(0.0, 0.01, 1.0)
@example(0.0, 0.01, -1.0)
@example(2.675, 0.01, 1.0)
def test_a_price_at_a_tick(price: float, tick: float, sign: float) -> None:
    assume(price / tick < MOST_STEPS)
    for rounding in ROUNDINGS:
        wanted = price_to_precision(sign * price, tick, ticks.TICK_SIZE, rounding_mode=rounding)
        assert same(ticks.price_to_tick(sign * price, tick, ticks.TICK_SIZE, rounding), wanted)


@EXAMPLES
@given(TICKS, st.integers(0, 10**9), st.sampled_from(["0", "0.5", "0.49999", "0.5001"]))
def test_a_price_on_a_tick_and_half_way_between_two(tick: float, count: int, part: str) -> None:
    price = float(FtPrecise(tick) * (FtPrecise(count) + FtPrecise(part)))
    for rounding in ROUNDINGS:
        wanted = price_to_precision(price, tick, ticks.TICK_SIZE, rounding_mode=rounding)
        assert same(ticks.price_to_tick(price, tick, ticks.TICK_SIZE, rounding), wanted)


@EXAMPLES
@given(NUMBERS, st.sampled_from([0, 1, 2, 3, 5, 8, 12, -1, -2, 4.0, 3.7]), SIGNS)
def test_a_price_at_a_decimal_place(price: float, places: float, sign: float) -> None:
    for rounding in ROUNDINGS:
        wanted = price_to_precision(
            sign * price, places, ticks.DECIMAL_PLACES, rounding_mode=rounding
        )
        made = ticks.price_to_tick(sign * price, places, ticks.DECIMAL_PLACES, rounding)
        assert same(made, wanted)


@EXAMPLES
@given(NUMBERS, TICKS, st.integers(0, 12))
def test_an_amount(amount: float, step: float, places: int) -> None:
    assume(amount / step < MOST_STEPS)
    for precision, mode in ((step, ticks.TICK_SIZE), (float(places), ticks.DECIMAL_PLACES)):
        wanted = amount_to_precision(amount, precision, mode)
        assert same(ticks.amount_to_precision(amount, precision, mode), wanted)


@EXAMPLES
@given(NUMBERS, TICKS, st.sampled_from([1.0, 0.001, 0.0001, 10.0, 1000.0, 3.0, 0.7]))
def test_an_amount_in_contracts(amount: float, step: float, size: float) -> None:
    assume(amount / size / step < MOST_STEPS)
    wanted = amount_to_contract_precision(amount, step, ticks.TICK_SIZE, size)
    assert same(ticks.amount_to_contract_precision(amount, step, ticks.TICK_SIZE, size), wanted)


def test_without_a_precision_nothing_changes() -> None:
    assert ticks.price_to_tick(1.23456, math.nan, ticks.TICK_SIZE, ticks.ROUND) == 1.23456
    assert ticks.amount_to_contract_precision(1.23456, math.nan, ticks.TICK_SIZE, 10.0) == 1.23456
    none = math.nan
    made = ticks.amount_to_contract_precision(1.23456, 0.01, ticks.TICK_SIZE, none)
    assert made == amount_to_contract_precision(1.23456, 0.01, ticks.TICK_SIZE, None)


@pytest.mark.parametrize("price", [math.nan, math.inf])
def test_what_is_no_price_stays(price: float) -> None:
    assert str(ticks.price_to_tick(price, 0.1, ticks.TICK_SIZE, ticks.ROUND)) == str(price)


def test_what_the_caller_has_refused_is_no_number() -> None:
    assert math.isnan(ticks.price_to_tick(1.0, 5, ccxt.SIGNIFICANT_DIGITS, ticks.ROUND))
    assert math.isnan(ticks.price_to_tick(1.0, 23, ticks.DECIMAL_PLACES, ticks.ROUND_UP))
