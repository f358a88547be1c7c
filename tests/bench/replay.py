"""What a simulated day of ``plimsoll replay`` costs, with and without what is replaced."""

import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from plimsoll.core import PlimsollError
from plimsoll.lab.replay import run_replay
from plimsoll.lab.replay_plan import ReplayPlan, ReplayRecord

BEGIN = datetime(2025, 4, 7, tzinfo=UTC)
DAYS = 3
DAY = ReplayPlan("TrendFollow", BEGIN, BEGIN + timedelta(days=1), market="synthetic")


def run() -> dict[str, float]:
    """Return processor seconds of bot and exchange together; both ways have one hash."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        one = run_replay(DAY, folder / "one")
        more = run_replay(replace(DAY, end=BEGIN + timedelta(days=DAYS)), folder / "more")
        plain = run_replay(replace(DAY, plain=True), folder / "plain")
    if plain.hash != one.hash:
        raise PlimsollError("a replay does not do what one does that replaces nothing")
    return figures(one, more, plain)


def figures(one: ReplayRecord, more: ReplayRecord, plain: ReplayRecord) -> dict[str, float]:
    """Return the figures of a run of one day, of one of more, and of a plain one of one day."""
    day = (more.processor_seconds - one.processor_seconds) / (more.days_run - one.days_run)
    return {
        "replay_day_seconds": day,
        "replay_start_seconds": one.processor_seconds - day * one.days_run,
        "replay_plain_over_quick": plain.processor_seconds / one.processor_seconds,
    }
