"""What a trading bot's traces say that a person must see."""

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from plimsoll.bridge.state.folder import StateFolder
from plimsoll.bridge.state.outbox import Outbox
from plimsoll.control.phone.news import KEPT, SILENT, Place, Tidings, tidings
from plimsoll.journal.kind import Kind
from plimsoll.journal.log import DecisionLog
from plimsoll.monitoring.phone_profile import ControlBotProfile

PROFILE = ControlBotProfile(dead_man_seconds=300, undelivered_seconds=60)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> StateFolder:
    made = StateFolder(tmp_path)
    made.write_status({"mode": "ACTIVE", "meters": {"positions": [{"pair": "BTC/USDT:USDT"}]}})
    return made


def look(folder: StateFolder, before: Tidings | None = None, seconds: float = 0.0) -> Tidings:
    place = Place() if before is None else Place(before.seq, before.head)
    return tidings(folder, place, datetime.now(UTC), PROFILE, watching_seconds=seconds)


def test_what_was_before_is_no_news_and_what_comes_after_is_once(folder: StateFolder) -> None:
    with DecisionLog(folder.decisions) as log:
        log.append(Kind.HALT, NOON, rule="drawdown", reason="fell", event="acted")
        first = look(folder)
        assert first.news == ()
        log.append(Kind.DENIAL, NOON, rule="spread", reason="wide")
        log.append(Kind.HALT, NOON, rule="manual_halt", reason="by hand", event="acted")
        log.append(Kind.VERDICT, NOON, rule="daily_loss", mode="FLATTEN", event="acted")
        log.append(Kind.VERDICT, NOON, rule="daily_loss", mode="FLATTEN", event="ended")
        log.append(Kind.HALT, NOON, rule="drawdown", reason="fell", event="restored")
        log.append(Kind.HALT, NOON, rule="drawdown", event="acted", observed=True)
        log.append(Kind.BREAK, NOON, event="begun", text="0.1 more than the database")
        log.append(Kind.BREAK, NOON, event="ended", text="over")
        second = look(folder, first)
        assert [(one.loud, one.text[:10]) for one in second.news] == [
            (True, "🛑 HALTED. "),
            (True, "🛑 Closing."),
            (False, "🔎 Exchange"),
        ]
        assert "by hand" in second.news[0].text
        assert look(folder, second).news == ()


def test_a_re_arming_is_told_with_who(folder: StateFolder) -> None:
    with DecisionLog(folder.decisions) as log:
        log.append(Kind.STAMP, NOON)
        first = look(folder)
        log.append(Kind.REARM, NOON, by="anna, by phone", reason="looked at it")
        assert look(folder, first).rearmed == "re-armed by anna, by phone: looked at it"


def test_a_bot_whose_first_record_is_a_halt_is_news(folder: StateFolder) -> None:
    first = look(folder)
    assert (first.seq, first.head) == (0, "")
    with DecisionLog(folder.decisions) as log:
        log.append(Kind.HALT, NOON, rule="state", reason="new", event="acted")
    assert [one.loud for one in look(folder, first).news] == [True]


def test_another_log_is_said_and_not_read_as_news_from_its_beginning(folder: StateFolder) -> None:
    with DecisionLog(folder.decisions) as log:
        for _ in range(5):
            log.append(Kind.STAMP, NOON)
    first = look(folder)
    for file in folder.decisions.iterdir():
        file.unlink()
    with DecisionLog(folder.decisions) as log:
        for _ in range(3):
            log.append(Kind.HALT, NOON, rule="drawdown", reason="of long ago", event="acted")
    second = look(folder, first)
    assert [one.text[:34] for one in second.news] == ["⚠️ The bot's decision log is not th"[:34]]
    assert look(folder, second).news == ()


def test_silence_is_told_until_the_bot_is_heard_again(folder: StateFolder) -> None:
    assert look(folder).heard
    old = time.time() - 301
    os.utime(folder.path / "status.json", (old, old))
    silent = look(folder)
    (one,) = silent.news
    assert (one.key, one.loud, one.lasting) == (SILENT, True, True)
    assert "5 min ago; open then: BTC/USDT:USDT" in one.text.replace("\u00a0", " ")
    assert SILENT not in silent.over
    folder.write_status({"mode": "ACTIVE"})
    assert SILENT in look(folder).over


def test_a_bot_that_never_left_a_trace_is_silent_after_its_time(tmp_path: Path) -> None:
    nobody = StateFolder(tmp_path / "none")
    assert look(nobody, seconds=299).heard
    late = look(nobody, seconds=301)
    assert not late.heard
    assert "no bot has left a trace" in late.news[0].text


def test_a_status_a_little_ahead_is_not_silence_and_one_far_ahead_is(folder: StateFolder) -> None:
    """A clock that was set back: the bot may have died in between, for as long as it was ahead."""
    ahead = time.time() + 200
    os.utime(folder.path / "status.json", (ahead, ahead))
    assert look(folder).heard
    later = time.time() + 9000
    os.utime(folder.path / "status.json", (later, later))
    said = look(folder)
    assert not said.heard
    assert "ahead of this clock" in said.news[0].text


@pytest.mark.parametrize("meters", [[1], {"positions": 3}, {"positions": ["BTC"]}, "x"])
def test_a_status_of_any_shape_is_silent_when_it_is_old(folder: StateFolder, meters: Any) -> None:
    folder.write_status({"mode": "ACTIVE", "meters": meters})
    old = time.time() - 301
    os.utime(folder.path / "status.json", (old, old))
    assert "what was open is not known" in look(folder).news[0].text


def test_messages_that_the_bot_could_not_deliver_are_told_for_it(folder: StateFolder) -> None:
    outbox = Outbox(folder.path)
    now = datetime.now(UTC)
    outbox.add("🛑 Halted", now - timedelta(seconds=30), alarm=True, messengers=["telegram"])
    assert KEPT in look(folder).over
    outbox.add("▶️ started", now - timedelta(seconds=61), alarm=True, messengers=["telegram"])
    (one,) = look(folder).news
    assert (one.key, one.loud) == (KEPT, False)
    assert "could not deliver 1 of its messages" in one.text
