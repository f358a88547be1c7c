"""When a trading day begins and ends."""

from datetime import UTC, datetime, time, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plimsoll.risk.trading_day import day_end, day_start
from tests.unit.risk.accounts import NOON


def utc(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2024, 8, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "start"),
    [
        (utc(5, 7, 59), utc(4, 8)),
        (utc(5, 8), utc(5, 8)),
        (utc(5, 8, 1), utc(5, 8)),
        (utc(6, 0), utc(5, 8)),
    ],
)
def test_a_day_begins_exactly_at_its_hour(moment: datetime, start: datetime) -> None:
    assert day_start(moment, starts_at_hour_utc=8) == start
    assert day_end(moment, starts_at_hour_utc=8) == start + timedelta(days=1)


@settings(deadline=None)
@given(hours=st.integers(0, 24 * 400), minutes=st.integers(0, 59), boundary=st.integers(0, 23))
def test_every_moment_lies_in_exactly_one_day(hours: int, minutes: int, boundary: int) -> None:
    moment = NOON.replace(hour=0) + timedelta(hours=hours, minutes=minutes, seconds=7.5)
    begin, end = (f(moment, starts_at_hour_utc=boundary) for f in (day_start, day_end))
    assert begin <= moment < end
    assert end - begin == timedelta(days=1)
    assert begin.time() == time(boundary)


def test_a_moment_that_is_not_utc_is_refused() -> None:
    for moment in (NOON.replace(tzinfo=None), NOON.astimezone(timezone(timedelta(hours=2)))):
        for bound in (day_start, day_end):
            with pytest.raises(ValueError, match="timezone-aware UTC"):
                bound(moment, starts_at_hour_utc=0)
