"""Times of hour, day and week by table against the plain formula."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plimsoll.features.circles import circle, seconds_into, slots

MONDAY = 4 * 86400.0
CYCLES = [(3600.0, 0.0), (86400.0, 0.0), (604800.0, MONDAY)]
MINUTES = 60.0 * np.arange(20_000)


def both(seconds: np.ndarray, cycle: float, start: float) -> tuple[np.ndarray, np.ndarray]:
    return circle(seconds_into(seconds, cycle, start), cycle, *slots(cycle))


def plain(seconds: np.ndarray, cycle: float, start: float) -> tuple[np.ndarray, np.ndarray]:
    angle = np.mod(seconds - start, cycle) * (2 * np.pi / cycle)
    return np.sin(angle), np.cos(angle)


@pytest.mark.parametrize(("cycle", "start"), CYCLES)
def test_every_minute_is_the_formula_to_the_last_bit(cycle: float, start: float) -> None:
    np.testing.assert_array_equal(both(MINUTES, cycle, start), plain(MINUTES, cycle, start))


@pytest.mark.parametrize(("cycle", "start"), CYCLES)
def test_a_time_between_minutes_is_the_formula_as_well(cycle: float, start: float) -> None:
    odd = MINUTES + 17.0
    np.testing.assert_allclose(both(odd, cycle, start), plain(odd, cycle, start), atol=1e-15)


def test_a_time_that_is_none_reads_no_table() -> None:
    nowhere = np.array([np.nan, -5.0, 3600.0, np.inf])
    sine, _ = circle(nowhere, 3600.0, *slots(3600.0))
    assert np.isnan(sine[[0, 3]]).all()
    assert sine[1] == pytest.approx(np.sin(-5.0 * 2 * np.pi / 3600))
    assert sine[2] == pytest.approx(0.0, abs=1e-12)


@given(
    seconds=st.integers(-(10**10), 10**11).map(float),
    cycle=st.sampled_from([3600.0, 5400.0, 28800.0, 86400.0, 604800.0, 31556952.0]),
    start=st.sampled_from([0.0, MONDAY]),
)
def test_seconds_into_a_cycle_are_the_remainder(seconds: float, cycle: float, start: float) -> None:
    into = seconds_into(np.array([seconds]), cycle, start)
    assert into[0] == np.mod(seconds - start, cycle)
