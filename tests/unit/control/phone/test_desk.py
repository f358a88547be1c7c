"""Alarms of one bot: told, kept over a kill, seen, and up the ladder when nobody sees them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from plimsoll.bridge.state.folder import StateFolder
from plimsoll.control.phone.desk import AlarmDesk
from plimsoll.control.phone.record import CommandLog
from plimsoll.control.phone.settings import PhoneSettings
from plimsoll.journal.kind import Kind
from plimsoll.journal.log import DecisionLog
from plimsoll.lab.telegram.service import TelegramService
from plimsoll.monitoring.phone_profile import ControlBotProfile, Rung

PROFILE = ControlBotProfile(
    mail_after_seconds=60,
    webhook_after_seconds=120,
    undelivered_seconds=5,
    dead_man_seconds=86_400,
)


@pytest.fixture
def folder(tmp_path: Path) -> StateFolder:
    made = StateFolder(tmp_path / "bot")
    made.write_status({"mode": "ACTIVE"})
    return made


@pytest.fixture
def above(settings: PhoneSettings) -> PhoneSettings:
    """A control bot with mail and webhook."""
    urls = {"mail": ("json://127.0.0.1:1",), "webhook": ("json://127.0.0.1:2",)}
    return replace(settings, profile=PROFILE, **urls)


@contextmanager
def desk_of(settings: PhoneSettings, folder: StateFolder) -> Iterator[tuple[AlarmDesk, list[str]]]:
    sent: list[str] = []
    with CommandLog(settings.folder, settings.hidden) as log:
        desk = AlarmDesk(settings, folder, log, send=lambda *w: bool(sent.append(w[2]) or True))
        try:
            yield desk, sent
        finally:
            desk.post.close(seconds=0)


def halt(folder: StateFolder) -> None:
    with DecisionLog(folder.decisions) as log:
        log.append(Kind.HALT, datetime.now(UTC), rule="drawdown", reason="fell", event="acted")


def look(desk: AlarmDesk, after: float = 0.0, passed: float = 1.0) -> None:
    now = datetime.now(UTC) + timedelta(seconds=after)
    desk.look(now, passed)
    for rung in (Rung.MAIL, Rung.WEBHOOK):
        desk.post.deliver(rung, now)


def test_a_halt_is_told_climbs_and_stops_when_it_is_seen(
    telegram: TelegramService, above: PhoneSettings, folder: StateFolder
) -> None:
    with desk_of(above, folder) as (desk, sent):
        look(desk)
        halt(folder)
        look(desk)
        assert "Alarm 1; /ack" in telegram.wait_for("🛑 HALTED").seen
        assert sent == []
        look(desk, after=61)
        assert ["unacknowledged since" in one for one in sent] == [True]
        known = desk.seen("anna", datetime.now(UTC) + timedelta(seconds=1))
        assert [one.number for one in known] == [1]
        look(desk, after=500, passed=500)
        assert len(sent) == 1
        assert desk.seen("anna", datetime.now(UTC)) == ()


def test_a_kill_loses_no_alarm_and_an_old_one_climbs_at_once_afterwards(
    telegram: TelegramService, above: PhoneSettings, folder: StateFolder
) -> None:
    with desk_of(above, folder) as (desk, _):
        look(desk)
        halt(folder)
        look(desk)
        telegram.wait_for("🛑 HALTED")
    with desk_of(above, folder) as (again, sent):
        look(again, after=200)
        assert len(sent) == 2
        assert len([one for one in telegram.messages if one.says("HALTED")]) == 1
        status = json.loads((above.folder / "status.json").read_bytes())
        assert (status["unacknowledged"]["count"], status["is_well"]) == (1, False)


def test_an_alarm_that_is_up_before_a_kill_of_what_tells_it_is_told_after_it(
    telegram: TelegramService, above: PhoneSettings, folder: StateFolder
) -> None:
    with desk_of(above, folder) as (desk, _):
        look(desk)
        telegram.down()
        halt(folder)
        look(desk)
    telegram.up()
    with desk_of(above, folder) as (again, _):
        look(again)
        telegram.wait_for("🛑 HALTED")


def test_a_re_arming_is_an_acknowledgement(
    telegram: TelegramService, above: PhoneSettings, folder: StateFolder
) -> None:
    with desk_of(above, folder) as (desk, sent):
        look(desk)
        halt(folder)
        look(desk)
        with DecisionLog(folder.decisions) as log:
            log.append(Kind.REARM, datetime.now(UTC), by="ben", reason="looked at it")
        look(desk)
        look(desk, after=500, passed=500)
        assert sent == []
        telegram.wait_for("re-armed by ben: looked at it")


def test_a_phone_that_is_refused_is_passed_over_at_once(
    telegram: TelegramService, above: PhoneSettings, folder: StateFolder
) -> None:
    telegram.is_revoked = True
    with desk_of(above, folder) as (desk, sent):
        look(desk)
        desk.phone_is("Telegram refuses the token", refused=True)
        desk.raised("token", "🛑 The control bot is deaf", loud=True, lasting=True)
        look(desk)
        assert len(sent) == 1
        desk.phone_is(None)
        assert desk.phone_fault_seconds == 0.0


def test_a_damaged_state_is_set_aside_and_said(
    telegram: TelegramService, above: PhoneSettings, folder: StateFolder
) -> None:
    above.folder.mkdir()
    (above.folder / "state.json").write_text('{"ladder": {"alarms": [')
    with desk_of(above, folder) as (desk, _):
        look(desk)
        telegram.wait_for("state was damaged (JSONDecodeError) and set aside as state.damaged")
        assert (above.folder / "state.damaged").exists()


def test_a_folder_that_cannot_be_written_is_said_and_ends_nothing(
    telegram: TelegramService, above: PhoneSettings, folder: StateFolder
) -> None:
    with desk_of(above, folder) as (desk, _):
        look(desk)
        (above.folder / "state.json").unlink()
        (above.folder / "state.json").mkdir()
        halt(folder)
        look(desk)
        look(desk)
        telegram.wait_for("keeps nothing over a restart: state.json cannot be written")
        telegram.wait_for("🛑 HALTED")
        told = [one for one in telegram.messages if one.says("keeps nothing over a restart")]
        assert len(told) == 1
        status = json.loads((above.folder / "status.json").read_bytes())
        assert status["fault"].startswith("state.json cannot be written")


def test_traces_that_cannot_be_read_are_told_and_other_alarms_climb_on(
    telegram: TelegramService,
    above: PhoneSettings,
    folder: StateFolder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with desk_of(above, folder) as (desk, sent):
        look(desk)
        halt(folder)
        look(desk)

        def refused(_: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(StateFolder, "written_status", refused)
        look(desk, after=61)
        assert any("HALTED" in one for one in sent), "the halt goes up all the same"
        telegram.wait_for("traces cannot be read, nobody watches it: PermissionError")
        look(desk, after=200)
        assert any("nobody watches it" in one for one in sent)
        monkeypatch.undo()
        look(desk)
        desk.seen("anna", datetime.now(UTC) + timedelta(seconds=1))
        status = json.loads((above.folder / "status.json").read_bytes())
        assert status["fault"] is None
