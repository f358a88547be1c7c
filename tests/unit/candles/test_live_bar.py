"""A bar that has just arrived, one fault at a time."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from plimsoll.candles.live_bar import BarFault, check_live_bar

OPENED = datetime(2025, 3, 5, 14, 35, tzinfo=UTC)
CLOSED = OPENED + timedelta(minutes=5)
GOOD = {"date": OPENED, "open": 100.0, "high": 101.0, "low": 99.0, "close": 100.5, "volume": 3.0}


def faults(
    seconds: float = 1.0, previous: datetime | None = None, **changed: Any
) -> list[BarFault]:
    findings = check_live_bar(
        {**GOOD, **changed},
        timeframe_seconds=300,
        received_at=CLOSED + timedelta(seconds=seconds),
        previous_open=previous,
    )
    return [one.fault for one in findings]


def test_a_good_bar_has_no_fault() -> None:
    assert faults() == []
    assert faults(previous=OPENED - timedelta(minutes=5)) == []


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0.0, []), (5.0, []), (86_400.0, []), (-0.001, [BarFault.PARTIAL])],
)
def test_a_bar_is_partial_before_its_close_and_how_late_it_comes_is_no_fault(
    seconds: float, expected: list[BarFault]
) -> None:
    assert faults(seconds) == expected


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        (0, [BarFault.OUT_OF_ORDER]),
        (5, [BarFault.OUT_OF_ORDER]),
        (-5, []),
        (-10, [BarFault.AFTER_A_GAP]),
    ],
)
def test_bars_follow_each_other(minutes: int, expected: list[BarFault]) -> None:
    assert faults(previous=OPENED + timedelta(minutes=minutes)) == expected


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf"), None, "much"])
@pytest.mark.parametrize("column", ["open", "high", "low", "close"])
def test_a_price_must_be_above_nothing(column: str, value: object) -> None:
    assert faults(**{column: value}) == [BarFault.IMPOSSIBLE]


@pytest.mark.parametrize("changed", [{"high": 100.2}, {"low": 100.2}, {"high": 98.0}])
def test_high_and_low_must_hold_the_others(changed: dict[str, float]) -> None:
    assert faults(**changed) == [BarFault.CONTRADICTORY]


def test_a_reason_says_what_was_expected_and_what_came() -> None:
    findings = check_live_bar(
        {**GOOD, "date": OPENED + timedelta(minutes=1), "high": 98.0},
        timeframe_seconds=300,
        received_at=CLOSED,
        previous_open=OPENED - timedelta(minutes=10),
    )
    prices = "open 100.0, high 98.0, low 99.0, close 100.5"
    assert [one.reason for one in findings] == [
        "the bar of 2025-03-05 14:36 closes in 60.0 s",
        "2025-03-05 14:36:00 is no opening time of 300 s bars",
        "1 bars are missing after 2025-03-05 14:25",
        f"expected high and low around open and close, found {prices}",
    ]
    (finding,) = check_live_bar(
        GOOD, timeframe_seconds=300, received_at=CLOSED, previous_open=CLOSED
    )
    assert finding.reason == "opens 2025-03-05 14:35, not after 2025-03-05 14:40"


@pytest.mark.parametrize("hours", [5, -7])
def test_times_of_any_zone_are_compared_as_moments(hours: int) -> None:
    zone = timezone(timedelta(hours=hours))
    previous = (OPENED - timedelta(minutes=5)).astimezone(zone)
    assert faults(previous=previous, date=OPENED.astimezone(zone)) == []


def test_a_length_that_is_none_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="positive length, found 0"):
        check_live_bar(GOOD, timeframe_seconds=0, received_at=CLOSED)


def test_a_bar_between_two_opening_times_is_misaligned() -> None:
    assert BarFault.MISALIGNED in faults(date=OPENED + timedelta(minutes=1), seconds=61)


def test_weekly_bars_open_on_mondays() -> None:
    monday = datetime(2025, 3, 3, tzinfo=UTC)
    bar = {**GOOD, "date": monday}
    week = timedelta(days=7)
    findings = check_live_bar(
        bar, timeframe_seconds=604_800, received_at=monday + week + timedelta(seconds=1)
    )
    assert findings == ()


def test_times_without_a_zone_are_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="time zone"):
        check_live_bar(GOOD, timeframe_seconds=300, received_at=datetime(2025, 3, 5))  # noqa: DTZ001
