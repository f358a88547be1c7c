"""Day start and high-water mark, from one mark to the next and from one start to another."""

from datetime import UTC, datetime, timedelta
from math import inf, nan

import pytest

from plimsoll.bridge.account.levels import EquityLevels

NOW = datetime(2026, 11, 19, 12, tzinfo=UTC)
MIDNIGHT = NOW.replace(hour=0)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def levels(*, hour: int = 0, confirm: bool = True) -> EquityLevels:
    return EquityLevels(day_starts_at_hour_utc=hour, confirm_highs=confirm)


def begun(day_start: float | None = 1000.0, high: float = 1000.0) -> EquityLevels:
    made = levels()
    made.begin(NOW, day_start, high)
    return made


def seen(made: EquityLevels, *marks: float | None) -> tuple[float | None, float | None]:
    for count, mark in enumerate(marks):
        made.observe(NOW + count * timedelta(seconds=5), mark)
    return made.day_start_usd, made.high_water_usd


# The day


def test_the_first_mark_begins_the_day_and_is_the_high() -> None:
    made = levels()
    assert made.observe(NOW, 1000.0) is True
    assert (made.day_start_usd, made.high_water_usd) == (1000.0, 1000.0)
    assert made.day_ends_at == MIDNIGHT + DAY


def test_the_day_begins_with_the_first_mark_at_its_hour_or_later() -> None:
    made = levels(hour=5)
    made.observe(NOW, 1000.0)
    end = MIDNIGHT + DAY + 5 * HOUR
    assert made.day_ends_at == end
    assert made.observe(end - timedelta(seconds=1), 900.0) is False
    assert made.day_start_usd == 1000.0
    assert made.observe(end, 880.0) is True
    assert (made.day_start_usd, made.day_ends_at) == (880.0, end + DAY)


def test_days_without_a_mark_are_passed_over() -> None:
    made = levels()
    made.observe(NOW, 1000.0)
    made.observe(NOW + 5 * DAY, 900.0)
    assert (made.day_start_usd, made.day_ends_at) == (900.0, MIDNIGHT + 6 * DAY)


@pytest.mark.parametrize("mark", [None, nan, inf, -inf])
def test_a_mark_that_is_no_number_is_not_taken(mark: float | None) -> None:
    made = begun()
    assert made.observe(NOW + 2 * DAY, mark) is False
    assert (made.day_start_usd, made.high_water_usd) == (1000.0, 1000.0)
    assert made.day_ends_at == MIDNIGHT + DAY, "the day begins with the first mark of it"


# The high


def test_a_high_needs_two_marks_in_a_row() -> None:
    assert seen(begun(), 1000.0, 1500.0, 1000.0)[1] == 1000.0
    assert seen(begun(), 1000.0, 1500.0, 1400.0)[1] == 1400.0
    assert seen(begun(), 1000.0, 1100.0, 1200.0, 1300.0)[1] == 1200.0


def test_the_first_mark_after_a_start_is_no_second_one() -> None:
    assert seen(begun(), 1500.0)[1] == 1000.0
    assert seen(begun(), 1500.0, 1500.0)[1] == 1500.0


def test_a_missing_mark_between_two_does_not_confirm_by_itself() -> None:
    assert seen(begun(), 1000.0, 1500.0, None, 1000.0)[1] == 1000.0


def test_zero_and_debt_are_marks_too() -> None:
    assert seen(begun(), 0.0, 1500.0, 1000.0)[1] == 1000.0
    assert seen(begun(), -5.0, 1500.0, 1000.0)[1] == 1000.0


def test_a_backtest_takes_a_high_at_once() -> None:
    made = levels(confirm=False)
    made.observe(NOW, 1000.0)
    assert made.observe(NOW + HOUR, 1500.0) is True
    assert made.observe(NOW + 2 * HOUR, 1000.0) is False
    assert made.high_water_usd == 1500.0


def test_what_changes_nothing_says_so() -> None:
    made = begun()
    assert [made.observe(NOW, mark) for mark in (990.0, 1000.0, 1000.0)] == [False] * 3


def test_rearming_measures_from_the_next_mark_on() -> None:
    made = begun(high=2000.0)
    seen(made, 900.0)
    made.rearm()
    assert made.high_water_usd is None
    assert seen(made, 870.0, 950.0, 900.0) == (1000.0, 900.0)
