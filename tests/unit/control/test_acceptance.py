"""Accepting looser limits from outside, with a bot that runs and with one that does not."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from plimsoll.bridge.config.settings import LIVE_OPT_IN
from plimsoll.bridge.state.limit_changes import DRY_RUN, LIVE, limit_changes
from plimsoll.control.acceptance import accept_looser
from plimsoll.control.bot import Bot, find_bot
from plimsoll.journal.files import last
from plimsoll.journal.kind import Kind
from plimsoll.journal.log import DecisionLog
from plimsoll.risk import RiskProfile
from tests.unit.control.test_halt import looping

NOW = datetime.now(UTC)


def bot_of(userdir: Path, content: dict[str, Any]) -> Bot:
    import json

    file = userdir / "config.json"
    file.write_text(json.dumps({"dry_run": False, **content}))
    return find_bot(userdir, [file], f"sqlite:///{userdir / 'none.sqlite'}")


@pytest.fixture
def stopped(userdir: Path) -> Bot:
    """A live bot that held a leverage of 1 when it started, and is asked for 2 now."""
    risk = {"max_leverage": 2.0}
    bot = bot_of(userdir, {"plimsoll": {"live_opt_in": LIVE_OPT_IN, "risk": risk}})
    strict = RiskProfile(max_leverage=1).model_dump(mode="json")
    with DecisionLog(bot.folder.decisions) as log:
        log.append(Kind.START, NOW, mode=LIVE, profile=strict)
    return bot


def in_force(bot: Bot) -> float:
    made = limit_changes(bot.folder.decisions, bot.config, bot.settings.risk, mode=LIVE)
    return made.in_force.profile.max_leverage


def test_a_stopped_bots_limits_are_accepted_in_its_log(stopped: Bot) -> None:
    told: list[str] = []
    assert in_force(stopped) == 1
    assert accept_looser(stopped, " step two ", seconds=1, tell=told.append)
    assert in_force(stopped) == 2
    record = last(stopped.folder.decisions, Kind.LIMITS)
    assert record is not None
    assert record["reason"] == "step two"
    assert record["by"].startswith("plimsoll resume, ")
    assert "max leverage 1 → 2" in told[0]


def test_nothing_is_recorded_where_nothing_waits(stopped: Bot) -> None:
    told: list[str] = []
    accept_looser(stopped, "one", seconds=1, tell=told.append)
    accept_looser(stopped, "two", seconds=1, tell=told.append)
    record = last(stopped.folder.decisions, Kind.LIMITS)
    assert record is not None
    assert record["reason"] == "one"
    assert "No looser limit waits" in told[1]


def test_a_dry_run_needs_no_acceptance(userdir: Path) -> None:
    bot, told = bot_of(userdir, {"dry_run": True}), []
    assert accept_looser(bot, "why", seconds=1, tell=told.append)
    assert told == [f"a {DRY_RUN.replace('_', '-')} takes looser limits without acceptance"]


def test_a_running_bot_takes_the_request(stopped: Bot) -> None:
    taken: list[Any] = []

    def loop(folder: Any) -> dict[str, Any]:
        if (request := folder.take_acceptance()) is not None:
            taken.append(request)
        return {"mode": "ACTIVE", "held_back": {"max_leverage": [1, 2]}}

    told: list[str] = []
    with looping(stopped.folder, loop):
        assert accept_looser(stopped, "step two", seconds=10, tell=told.append)
    ((reason, by),) = taken
    assert (reason, by.split(", ")[0]) == ("step two", "plimsoll resume")
    assert told[0] == "accepted: max leverage 1 → 2"


def test_a_bot_that_does_not_loop_leaves_no_request_behind(stopped: Bot) -> None:
    told: list[str] = []
    with DecisionLog(stopped.folder.decisions):
        assert not accept_looser(stopped, "step two", seconds=0.5, tell=told.append)
    assert not stopped.folder.acceptance_is_waiting
    assert "not accepted" in told[0]
