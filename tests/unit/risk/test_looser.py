"""Looser limits: every limit has a direction, and the stricter of two holds until accepted."""

from itertools import pairwise
from typing import Any

import pytest

from plimsoll.risk import RiskProfile
from plimsoll.risk.looser import (
    DIRECTIONS,
    PREFIXES,
    Change,
    Direction,
    direction_of,
    is_looser,
    limits_in_force,
    recorded_profile,
)
from tests.contracts.test_guards import STRICTER, limits
from tests.unit.risk.accounts import profile


@pytest.mark.parametrize("name", RiskProfile.model_fields)
def test_every_limit_has_a_direction(name: str) -> None:
    assert direction_of(name) in Direction


def test_no_direction_is_left_over_or_said_twice() -> None:
    assert set(DIRECTIONS) <= set(RiskProfile.model_fields)
    assert [name for name in DIRECTIONS if name.startswith(tuple(PREFIXES))] == []


@pytest.mark.parametrize("guard", STRICTER)
def test_what_makes_a_guard_stricter_is_never_looser(guard: str) -> None:
    """The profiles by which guards are held to their contracts go from loose to strict."""
    for loose, strict in pairwise(limits(**changes) for changes in STRICTER[guard]):
        changed = {name for name, value in strict if value != getattr(loose, name)}
        ordered = {name for name in changed if direction_of(name) is not Direction.ANY}
        looser = {
            name for name in ordered if is_looser(name, getattr(loose, name), getattr(strict, name))
        }
        assert looser == set() or changed - looser, (guard, looser)
        if len(changed) == 1:
            assert looser == set()
            (name,) = ordered or changed
            assert is_looser(name, getattr(strict, name), getattr(loose, name))


HOURS = {"monday": ["08:00-12:00"]}


@pytest.mark.parametrize(
    ("name", "before", "after", "looser"),
    [
        ("max_daily_loss_fraction", 0.02, 0.03, True),
        ("max_daily_loss_fraction", 0.03, 0.02, False),
        ("max_daily_loss_usd", 20.0, None, True),
        ("max_daily_loss_usd", None, 20.0, False),
        ("min_target_to_cost", 2.0, 1.0, True),
        ("cooldown_seconds", 900.0, 0.0, True),
        ("flatten_on_consecutive_losses", True, False, True),
        ("flatten_on_consecutive_losses", False, True, False),
        ("require_expectation", True, False, True),
        ("day_starts_at_hour_utc", 0, 12, True),
        ("day_starts_at_hour_utc", 12, 0, True),
        ("sizing", "fixed_fraction", "half_kelly", True),
        ("sizing", "fixed_fraction", "fixed_fraction", False),
        ("break_even_trades", 100, None, True),
        ("break_even_trades", None, 100, False),
        ("trading_hours_utc", HOURS, None, True),
        ("trading_hours_utc", HOURS, {"monday": ["08:00-12:01"]}, True),
        ("trading_hours_utc", HOURS, {"monday": ["09:00-10:00", "10:00-11:00"]}, False),
        ("trading_hours_utc", HOURS, {"tuesday": ["08:00-09:00"]}, True),
    ],
)
def test_which_change_is_looser(name: str, before: Any, after: Any, looser: bool) -> None:
    assert is_looser(name, before, after) is looser
    assert is_looser(name, before, before) is False


MODE_LIVE = {"max_daily_loss_fraction": 0.02, "max_daily_loss_usd": 20.0}


def test_the_stricter_of_both_holds_limit_by_limit_until_accepted() -> None:
    earlier = profile(**MODE_LIVE)
    asked = profile(max_trades_per_day=3)
    made = limits_in_force(asked, earlier=earlier, needs_acceptance=True)
    assert made.looser == {
        "max_daily_loss_fraction": Change(0.02, 0.03),
        "max_daily_loss_usd": Change(20.0, None),
    }
    assert made.held_back == set(made.looser)
    assert made.profile == profile(**MODE_LIVE, max_trades_per_day=3)


def test_without_money_a_looser_limit_is_told_and_in_force() -> None:
    made = limits_in_force(profile(), earlier=profile(**MODE_LIVE), needs_acceptance=False)
    assert (set(made.looser), made.held_back) == (set(MODE_LIVE), set())
    assert made.profile == profile()


def test_what_a_person_accepted_is_in_force_and_nothing_beyond_it() -> None:
    earlier, asked = profile(**MODE_LIVE), profile(max_daily_loss_fraction=0.05)
    accepted = {"max_daily_loss_fraction": 0.04, "max_daily_loss_usd": None}
    made = limits_in_force(asked, earlier=earlier, accepted=accepted, needs_acceptance=True)
    assert made.held_back == {"max_daily_loss_fraction"}
    assert made.profile == profile(max_daily_loss_fraction=0.02)
    enough = {**accepted, "max_daily_loss_fraction": 0.05}
    made = limits_in_force(asked, earlier=earlier, accepted=enough, needs_acceptance=True)
    assert (made.held_back, made.profile) == (set(), asked)


def test_at_the_first_start_the_strictest_layer_counts() -> None:
    made = limits_in_force(profile(), earlier=None, layers=MODE_LIVE, needs_acceptance=True)
    assert made.profile == profile(**MODE_LIVE)
    again = limits_in_force(profile(), earlier=profile(), layers=MODE_LIVE, needs_acceptance=True)
    assert (again.profile, again.looser) == (profile(), {})


def test_the_first_start_without_layers_takes_what_is_asked() -> None:
    made = limits_in_force(profile(max_leverage=5), earlier=None, needs_acceptance=True)
    assert (made.profile.max_leverage, made.looser) == (5, {})


def test_limits_that_are_mixed_do_not_contradict_each_other() -> None:
    asked = profile(max_position_usd=200, max_exposure_usd=400)
    made = limits_in_force(
        asked, earlier=None, layers={"max_exposure_usd": 100.0}, needs_acceptance=True
    )
    assert (made.profile.max_position_usd, made.profile.max_exposure_usd) == (100, 100)
    RiskProfile.model_validate(made.profile.model_dump())


def test_a_recorded_profile_is_read_back_and_what_it_lacks_is_as_asked() -> None:
    strict = profile(**MODE_LIVE, trading_hours_utc=HOURS)
    asked = profile(max_leverage=2)
    assert recorded_profile(strict.model_dump(mode="json"), profile()) == strict
    assert recorded_profile({"max_daily_loss_usd": 20.0, "of_old": 1}, asked) == profile(
        max_daily_loss_usd=20, max_leverage=2
    )


@pytest.mark.parametrize("broken", [0.5, "much", None])
def test_a_recorded_limit_that_is_none_today_says_nothing(broken: Any) -> None:
    recorded = {"max_daily_loss_fraction": broken, "max_trades_per_day": 3}
    assert recorded_profile(recorded, profile()) == profile(max_trades_per_day=3)
