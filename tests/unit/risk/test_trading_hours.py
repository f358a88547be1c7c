"""Hours of the week in which entries are allowed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from plimsoll.core import Mode
from plimsoll.risk.guards.trading_hours import trading_hours
from plimsoll.risk.trading_hours import minutes
from tests.unit.risk.accounts import NOON, PROFILE, account, profile

OFFICE = profile(
    trading_hours_utc={"monday": ["08:00-12:30", "14:00-22:00"], "friday": ["00:00-24:00"]}
)


def judge(moment: datetime, limits=OFFICE):
    return trading_hours(account(as_of=moment), limits)


def monday(hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2024, 8, 5, hour, minute, second, tzinfo=UTC)


def test_without_hours_every_moment_is_open() -> None:
    assert judge(NOON, PROFILE).mode is Mode.ACTIVE
    assert judge(NOON, profile(trading_hours_utc=None)).mode is Mode.ACTIVE


@pytest.mark.parametrize("moment", [monday(8), monday(12, 29, 59), monday(14), monday(21, 59, 59)])
def test_a_window_holds_its_first_moment_and_not_its_end(moment: datetime) -> None:
    assert judge(moment).mode is Mode.ACTIVE


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        (monday(7, 59, 59), monday(8)),
        (monday(12, 30), monday(14)),
        (monday(22), datetime(2024, 8, 9, tzinfo=UTC)),
        (datetime(2024, 8, 10, tzinfo=UTC), datetime(2024, 8, 12, 8, tzinfo=UTC)),
    ],
)
def test_outside_it_denies_until_the_next_window(moment: datetime, opens: datetime) -> None:
    verdict = judge(moment)
    assert verdict.mode is Mode.REDUCING
    assert verdict.until == opens
    assert f"{moment:%A %H:%M}" in verdict.reason
    assert f"{opens:%A %H:%M}" in verdict.reason


def test_the_next_window_may_be_the_same_one_a_week_later() -> None:
    once = profile(trading_hours_utc={"monday": ["08:00-09:00"]})
    assert judge(monday(9), once).until == monday(8) + timedelta(days=7)


def test_friday_is_open_to_its_last_moment() -> None:
    assert judge(datetime(2024, 8, 9, 23, 59, 59, tzinfo=UTC)).mode is Mode.ACTIVE


@pytest.mark.parametrize(
    "window", ["22:00-08:00", "08:00-08:00", "8-9", "24:00-24:30", "08:60-09:00", "25:00-26:00"]
)
def test_a_window_that_is_none_is_refused(window: str) -> None:
    with pytest.raises(ValidationError, match="08:00-22:00"):
        profile(trading_hours_utc={"monday": [window]})


@pytest.mark.parametrize("hours", [{}, {"monday": []}])
def test_a_week_without_a_window_is_refused(hours: dict) -> None:
    with pytest.raises(ValidationError, match="at least one window"):
        profile(trading_hours_utc=hours)


def test_a_day_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValidationError):
        profile(trading_hours_utc={"moonday": ["08:00-22:00"]})


def test_a_window_in_minutes() -> None:
    assert minutes("00:01-24:00") == (1, 1440)
    assert minutes("09:30-10:05") == (570, 605)


@settings(deadline=None)
@given(st.integers(0, 7 * 24 * 60))
def test_the_end_of_a_denial_is_open_and_nothing_between_is(offset: int) -> None:
    moment = monday(0) + timedelta(minutes=offset)
    verdict = judge(moment)
    if verdict.until is not None:
        assert judge(verdict.until).mode is Mode.ACTIVE
        assert judge(verdict.until - timedelta(minutes=1)).mode is Mode.REDUCING
