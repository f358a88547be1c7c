"""Stop, target and trailing levels."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plimsoll.core import Side
from plimsoll.risk.stops import Levels, atr_levels, trailing_stop
from tests.unit.risk.accounts import PROFILE

LONG, SHORT = Side.LONG, Side.SHORT


def test_levels_of_a_long_and_a_short_mirror_each_other() -> None:
    assert atr_levels(100, 2, LONG, PROFILE) == Levels(98.2, 102.5)
    assert atr_levels(100, 2, SHORT, PROFILE) == Levels(101.8, 97.5)


def test_a_cheap_coin_has_levels_too() -> None:
    cheap = atr_levels(0.5, 0.1, LONG, PROFILE)
    assert (cheap.stop_price, cheap.target_price) == pytest.approx((0.41, 0.625))


def test_a_level_at_or_below_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="levels above 0"):
        atr_levels(9, 10, LONG, PROFILE)
    with pytest.raises(ValueError, match="levels above 0"):
        atr_levels(12.5, 10, SHORT, PROFILE)


@pytest.mark.parametrize("bad", [0.0, -1.0, float("nan"), float("inf")])
def test_numbers_that_are_none_are_refused(bad: float) -> None:
    for call in (
        lambda: atr_levels(bad, 1, LONG, PROFILE),
        lambda: atr_levels(100, bad, LONG, PROFILE),
        lambda: trailing_stop(bad, 1, LONG, PROFILE, current_stop=None),
        lambda: trailing_stop(100, bad, LONG, PROFILE, current_stop=None),
        lambda: trailing_stop(100, 1, LONG, PROFILE, current_stop=bad),
    ):
        with pytest.raises(ValueError, match="finite and above 0"):
            call()


def test_the_first_trailing_stop_is_behind_the_best_price() -> None:
    assert trailing_stop(110, 2, LONG, PROFILE, current_stop=None) == pytest.approx(108.2)
    assert trailing_stop(90, 2, SHORT, PROFILE, current_stop=None) == pytest.approx(91.8)


@settings(deadline=None)
@given(
    st.lists(st.floats(50, 150), min_size=2, max_size=20),
    st.floats(0.1, 10),
    st.sampled_from(Side),
)
def test_a_trailing_stop_never_loosens(prices: list[float], atr: float, side: Side) -> None:
    stop: float | None = None
    for price in prices:
        moved = trailing_stop(price, atr, side, PROFILE, current_stop=stop)
        assert stop is None or (moved - stop) * side.sign >= 0
        stop = moved
