import pytest

from plimsoll.core.errors import UsageError
from plimsoll.venue.clock import Clock, Slack, format_utc, parse_utc_ms

START_MS = parse_utc_ms("2025-01-01T00:00:00Z")


class Seconds:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_wall_clock_moves_with_real_time() -> None:
    seconds = Seconds()
    clock = Clock(START_MS, monotonic=seconds)
    seconds.now += 2.5
    assert clock.now_ms() == START_MS + 2500
    assert (clock.mode, clock.speed) == ("wall", 1.0)


def test_accelerated_clock_moves_speed_times_as_fast() -> None:
    seconds = Seconds()
    clock = Clock(START_MS, speed=60, monotonic=seconds)
    seconds.now += 2.0
    assert clock.now_ms() == START_MS + 120_000
    assert clock.mode == "accelerated"


def test_changing_the_speed_does_not_jump() -> None:
    seconds = Seconds()
    clock = Clock(START_MS, speed=10, monotonic=seconds)
    seconds.now += 1.0
    clock.set_speed(100)
    assert clock.now_ms() == START_MS + 10_000
    seconds.now += 1.0
    assert clock.now_ms() == START_MS + 110_000


def test_time_never_runs_backwards_when_the_source_does() -> None:
    seconds = Seconds()
    clock = Clock(START_MS, monotonic=seconds)
    seconds.now -= 5.0
    assert clock.now_ms() == START_MS


def test_stepped_clock_moves_only_by_command() -> None:
    seconds = Seconds()
    clock = Clock(START_MS, stepped=True, monotonic=seconds)
    seconds.now += 1000.0
    assert clock.now_ms() == START_MS
    assert clock.step(0.5) == START_MS + 500
    assert (clock.mode, clock.speed) == ("stepped", 0.0)


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf"), 1e9])
def test_a_step_that_is_no_step_is_refused(seconds: float) -> None:
    with pytest.raises(UsageError, match="expected seconds"):
        Clock(START_MS, stepped=True).step(seconds)


def test_a_running_clock_is_not_stepped_and_a_stepped_one_has_no_speed() -> None:
    with pytest.raises(UsageError, match="only a stepped clock"):
        Clock(START_MS).step(1)
    with pytest.raises(UsageError, match="no speed"):
        Clock(START_MS, stepped=True).set_speed(2)


@pytest.mark.parametrize("speed", [0, -1, float("nan"), float("inf")])
def test_a_speed_that_is_no_speed_is_refused(speed: float) -> None:
    with pytest.raises(UsageError, match="expected a speed"):
        Clock(START_MS, speed=speed)


def test_instants_without_an_offset_are_utc() -> None:
    assert parse_utc_ms("2025-01-01") == START_MS == parse_utc_ms("2025-01-01T01:00:00+01:00")
    assert format_utc(START_MS) == "2025-01-01T00:00:00.000Z"
    with pytest.raises(UsageError, match='found "yesterday"'):
        parse_utc_ms("yesterday")


def test_a_clock_on_real_time_gives_no_slack() -> None:
    seconds = Seconds()
    clock = Clock(START_MS, monotonic=seconds)
    seconds.now += 100.0
    assert clock.slack() == Slack(late_ms=0, ahead_ms=0)


def test_slack_is_what_speed_adds_to_ten_real_seconds() -> None:
    seconds = Seconds()
    clock = Clock(START_MS, speed=60, monotonic=seconds)
    seconds.now += 100.0
    assert clock.slack() == Slack(late_ms=10_000 * 59, ahead_ms=2_000 * 60)


def test_slack_ends_after_the_clock_is_slowed_down() -> None:
    seconds = Seconds()
    clock = Clock(START_MS, speed=60, monotonic=seconds)
    seconds.now += 100.0
    clock.set_speed(1)
    assert clock.slack() == Slack(late_ms=10_000 * 59, ahead_ms=2_000 * 60)
    seconds.now += 5.0
    assert clock.slack() == Slack(late_ms=5_000 * 59, ahead_ms=115_000)
    seconds.now += 120.0
    assert clock.slack() == Slack(late_ms=0, ahead_ms=0)


def test_a_step_gives_slack_for_ten_real_seconds() -> None:
    seconds = Seconds()
    clock = Clock(START_MS, stepped=True, monotonic=seconds)
    seconds.now += 100.0
    clock.step(3600)
    assert clock.slack() == Slack(late_ms=3_590_000, ahead_ms=0)
    seconds.now += 11.0
    assert clock.slack() == Slack(late_ms=0, ahead_ms=11_000)


def test_a_clock_that_stands_still_forgives_who_counts_real_time_on() -> None:
    seconds = Seconds()
    clock = Clock(START_MS, stepped=True, monotonic=seconds)
    seconds.now += 30.0
    assert clock.slack() == Slack(late_ms=0, ahead_ms=30_000)
    clock.step(10)
    assert clock.slack().ahead_ms == 20_000
