"""How a replay is cut, and what the bot of a segment is told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from plimsoll.lab.replay_plan import ReplayPlan
from plimsoll.lab.replay_segment import ReplayFolder, Segment, overlay, segments_of, serving

BEGIN = datetime(2025, 4, 7, tzinfo=UTC)
PLAN = ReplayPlan("Mine", BEGIN, BEGIN + timedelta(days=10), market="synthetic")
FIRST = Segment(0, BEGIN, BEGIN + timedelta(days=7))
URL = "http://127.0.0.1:1"


def test_the_last_segment_is_what_is_left() -> None:
    segments = segments_of(PLAN)
    assert [one.days for one in segments] == [7, 3]
    assert segments[0].end == segments[1].begin
    assert segments[-1].end == PLAN.end


def test_no_days_a_segment_is_one_segment() -> None:
    assert segments_of(replace(PLAN, segment_days=0)) == [Segment(0, PLAN.begin, PLAN.end)]


def test_the_clock_ends_where_the_segment_does() -> None:
    clock = overlay(PLAN, FIRST, URL)["log_config"]["handlers"]["plimsoll_clock"]
    assert clock["class"].endswith(".GuardedReplayClock")
    assert clock["until_ms"] == round(FIRST.end.timestamp() * 1000)
    assert (clock["url"], clock["realism"], clock["plain"]) == (URL, "tick", False)
    adjusting = overlay(replace(PLAN, adjust_seconds=5), FIRST, URL)
    assert adjusting["log_config"]["handlers"]["plimsoll_clock"]["adjust_seconds"] == 5


@pytest.mark.parametrize(("mode", "dry"), [("dry-run", True), ("live", False)])
def test_the_mode_is_said_and_live_opts_in(mode: str, dry: bool) -> None:
    config = overlay(replace(PLAN, mode=mode), FIRST, URL)
    assert config["dry_run"] is dry
    assert ("live_opt_in" in config["plimsoll"]) is not dry


def test_an_overlay_has_the_last_word_and_leaves_the_rest() -> None:
    wanted = {"stake_amount": 100, "exchange": {"markets_refresh_interval": 5}}
    config = overlay(replace(PLAN, overlay=wanted), FIRST, URL)
    assert config["stake_amount"] == 100
    assert config["exchange"]["markets_refresh_interval"] == 5
    assert config["exchange"]["enable_ws"] is False
    assert wanted["exchange"] == {"markets_refresh_interval": 5}, "the plan stays as it is"


def test_only_live_mode_keeps_an_event_log_and_goes_on_from_it(tmp_path: Path) -> None:
    place, second = ReplayFolder(tmp_path), Segment(1, FIRST.end, PLAN.end)
    live = replace(PLAN, mode="live")
    assert "--event-log" not in serving(PLAN, place, FIRST)
    assert "--restore" not in serving(live, place, FIRST)
    assert serving(live, place, second)[-2:] == ["--restore", str(place.event_log)]
    assert "2025-04-14T00:00:01Z" in serving(live, place, second)
