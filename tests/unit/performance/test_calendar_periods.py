"""Whole days, weeks and months of UTC."""

import pandas as pd
import pytest

from plimsoll.performance.calendar_periods import Length, last_whole, period_of
from plimsoll.performance.errors import MeasureError
from tests.unit.performance.frames import utc


@pytest.mark.parametrize(
    ("length", "name", "start", "end"),
    [
        (Length.DAILY, "2026-01-01", "2026-01-01", "2026-01-02"),
        (Length.WEEKLY, "2026-W01", "2025-12-29", "2026-01-05"),
        (Length.MONTHLY, "2026-01", "2026-01-01", "2026-02-01"),
    ],
)
def test_a_period_is_named_and_bounded_by_whole_days(
    length: Length, name: str, start: str, end: str
) -> None:
    period = period_of(length, utc("2026-01-01 13:45"))
    assert (period.name, period.start, period.end) == (name, utc(start), utc(end))
    assert period.days == (utc(end) - utc(start)).days
    said = {"2026-01-01": "Thursday, 2026-01-01", "2026-01": "January 2026"}
    assert period.words == said.get(name, "week 2026-W01, 2025-12-29 to 2026-01-04")


@pytest.mark.parametrize(
    ("length", "now", "name"),
    [
        (Length.DAILY, "2026-03-01 00:00", "2026-02-28"),
        (Length.DAILY, "2026-03-01 23:59", "2026-02-28"),
        (Length.WEEKLY, "2026-11-22 23:59", "2026-W46"),
        (Length.WEEKLY, "2026-11-23 00:00", "2026-W47"),
        (Length.MONTHLY, "2026-01-31 12:00", "2025-12"),
    ],
)
def test_the_last_whole_period_is_over(length: Length, now: str, name: str) -> None:
    assert last_whole(length, utc(now)).name == name


def test_a_time_of_another_zone_lies_in_the_day_of_utc() -> None:
    assert period_of(Length.DAILY, pd.Timestamp("2026-01-01T01:00+03:00")).name == "2025-12-31"


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(MeasureError, match="without a zone"):
        period_of(Length.DAILY, pd.Timestamp("2026-01-01"))
