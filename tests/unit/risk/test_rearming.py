"""What follows a re-arming, in pure rules: probation, and the terminal drawdown."""

from datetime import timedelta
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plimsoll.risk.rearming import (
    Standing,
    fall_fraction,
    is_accepted,
    is_on_probation,
    is_terminal,
    moved_peak_usd,
    probation_until,
    terminal_floor_usd,
)
from tests.unit.risk.accounts import NOON, PROFILE, before, profile

DAYS = timedelta(days=PROFILE.probation_days)


def test_probation_lasts_for_its_days_and_not_at_their_end() -> None:
    assert probation_until(NOON, None, PROFILE) == NOON + DAYS
    assert is_on_probation(NOON + DAYS - timedelta(seconds=1), NOON, None, PROFILE)
    assert not is_on_probation(NOON + DAYS, NOON, None, PROFILE)


def test_a_new_highest_equity_ends_it_and_one_of_before_does_not() -> None:
    assert is_on_probation(NOON, before(days=1), before(days=2), PROFILE)
    assert not is_on_probation(NOON, before(days=1), before(hours=1), PROFILE)
    assert is_on_probation(NOON, before(days=1), before(days=1), PROFILE)


@pytest.mark.parametrize("off", [{"probation_days": 0}, {"probation_stake_fraction": 1}])
def test_there_is_none_where_nothing_was_re_armed_or_the_profile_has_none(off) -> None:
    assert probation_until(None, None, PROFILE) is None
    assert probation_until(NOON, None, profile(**off)) is None


def test_the_terminal_drawdown_is_reached_exactly_at_its_limit() -> None:
    assert not is_terminal(750.01, 1000.0, PROFILE)
    assert is_terminal(750.0, 1000.0, PROFILE)
    assert is_terminal(-5.0, 1000.0, PROFILE)
    assert not is_terminal(1.0, 1000.0, profile(terminal_drawdown_fraction=None))


@pytest.mark.parametrize(("equity", "peak"), [(None, 1.0), (nan, 1.0), (1.0, None), (1.0, 0.0)])
def test_a_fall_from_what_is_not_known_is_not_known(equity, peak) -> None:
    assert fall_fraction(equity, peak) is None
    assert Standing(peak_usd=peak, equity_usd=equity).fall_fraction is None
    assert not is_terminal(equity, peak, PROFILE)


def test_the_floor_is_where_the_terminal_drawdown_halts() -> None:
    assert terminal_floor_usd(1000.0, PROFILE) == 750.0
    assert terminal_floor_usd(1000.0, PROFILE, accepted=True) == -inf
    assert terminal_floor_usd(None, profile(terminal_drawdown_fraction=None)) == -inf
    assert terminal_floor_usd(None, PROFILE) == inf


def test_what_a_person_accepted_holds_until_the_next_highest_equity() -> None:
    assert is_accepted(NOON, None)
    assert is_accepted(NOON, before(days=1))
    assert not is_accepted(before(days=1), NOON)
    assert not is_accepted(None, None)


@pytest.mark.parametrize("moved", [-500.0, 500.0])
def test_money_that_moves_leaves_the_drawdown_as_it_was(moved: float) -> None:
    peak = moved_peak_usd(1000.0, 800.0, moved)
    assert fall_fraction(800.0 + moved, peak) == pytest.approx(0.2)


def test_where_no_share_can_be_taken_the_peak_moves_by_the_amount() -> None:
    assert moved_peak_usd(1000.0, None, -100.0) == 900.0
    assert moved_peak_usd(1000.0, 50.0, -50.0) == 950.0
    assert moved_peak_usd(1000.0, nan, 100.0) == 1100.0


@given(equity=st.floats(1.0, 1e9), moved=st.floats(-1e9, 1e9))
def test_money_moved_at_the_highest_equity_makes_no_new_high(equity: float, moved: float) -> None:
    assert moved_peak_usd(equity, equity, moved) >= equity + moved
