"""Events of a sliding window: how many, and when they will be fewer than the limit."""

from datetime import timedelta

import pytest

from plimsoll.risk.recent import Recent, recent_times
from tests.unit.risk.accounts import NOON, before


def recent(*ago_seconds: float, limit: int = 2, window: float = 60.0) -> Recent:
    times = [before(seconds=seconds) for seconds in ago_seconds]
    return recent_times(times, NOON, window_seconds=window, limit=limit)


def test_no_event_is_none() -> None:
    assert recent() == Recent(0, None)


def test_fewer_than_the_limit_have_no_end() -> None:
    assert recent(10) == Recent(1, None)


def test_the_limit_is_reached_exactly_and_left_when_the_oldest_of_them_leaves() -> None:
    assert recent(50, 10) == Recent(2, NOON + timedelta(seconds=10))
    assert recent(50, 40, 10) == Recent(3, NOON + timedelta(seconds=20)), "two must remain"


@pytest.mark.parametrize(("ago", "events"), [(60.0, 1), (59.999, 2)])
def test_an_event_leaves_when_it_is_as_old_as_the_window_is_long(ago: float, events: int) -> None:
    assert recent(ago, 10).events == events


def test_an_event_later_than_now_counts() -> None:
    assert recent(10, -5) == Recent(2, NOON + timedelta(seconds=50))
