"""What a plan and its progress say of themselves."""

from datetime import UTC, datetime, timedelta

from plimsoll.lab.replay_plan import ReplayPlan, ReplayProgress

BEGIN = datetime(2025, 4, 7, tzinfo=UTC)


def test_a_plan_knows_its_days() -> None:
    assert ReplayPlan("Mine", BEGIN, BEGIN + timedelta(days=3)).days == 3


def test_the_pace_tells_what_is_left() -> None:
    halfway = ReplayProgress(BEGIN, days_done=5, days_in_all=10, seconds=15)
    assert halfway.days_a_minute == 20
    assert halfway.seconds_left == 15


def test_before_any_time_passed_nothing_is_known() -> None:
    begun = ReplayProgress(BEGIN, days_done=0, days_in_all=10, seconds=0)
    assert begun.days_a_minute == 0
    assert begun.seconds_left is None
