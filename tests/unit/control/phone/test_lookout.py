"""The control bot's own line: what is wrong with it is an alarm, and over when it is over."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from plimsoll.bridge.state.folder import StateFolder
from plimsoll.control.phone import lookout as module
from plimsoll.control.phone.desk import AlarmDesk
from plimsoll.control.phone.line import Fault
from plimsoll.control.phone.lookout import Lookout
from plimsoll.control.phone.record import CommandLog
from plimsoll.control.phone.settings import PhoneSettings
from plimsoll.lab.telegram.service import TelegramService


@pytest.mark.usefixtures("telegram")
def test_faults_of_the_line_are_alarms_until_it_is_well(
    settings: PhoneSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with CommandLog(settings.folder, settings.hidden) as log:
        desk = AlarmDesk(settings, StateFolder(tmp_path / "bot"), log)
        lookout = Lookout(settings, desk)

        def keys() -> list[str]:
            return [one.key for one in desk._ladder.alarms]

        lookout.line_is_at_fault(Fault("asks to wait", 3))
        assert keys() == []
        lookout.line_is_at_fault(Fault("refused", 30, refused=True))
        lookout.line_is_at_fault(Fault("refused", 30, refused=True))
        assert keys() == ["token"]
        lookout.line_is_well()
        assert keys() == []
        lookout.line_is_at_fault(Fault("conflict", 5, conflict=True))
        lookout.line_is_well()
        assert keys() == ["conflict"], "one answer between two readers is no end of it"
        monkeypatch.setattr(module, "CONFLICT_SECONDS", -1.0)
        lookout.line_is_well()
        assert keys() == []
        desk.post.close(seconds=0)


def test_it_looks_in_threads_until_it_is_stopped(
    telegram: TelegramService, settings: PhoneSettings, tmp_path: Path
) -> None:
    fast = settings.profile.model_copy(update={"every_seconds": 0.05, "dead_man_seconds": 0.2})
    object.__setattr__(settings, "profile", fast)
    with CommandLog(settings.folder, settings.hidden) as log:
        desk = AlarmDesk(settings, StateFolder(tmp_path / "bot"), log)
        lookout = Lookout(settings, desk)
        lookout.start()
        telegram.wait_for("Nothing is heard from the trading bot")
        lookout.stop()
        desk.post.close()


@pytest.mark.usefixtures("telegram")
def test_a_rung_does_not_end_of_what_it_carries(
    settings: PhoneSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    above = replace(settings, mail=("mailto://x",))
    tried = threading.Event()
    calls: list[int] = []

    def fails(*_: object) -> tuple[int, int]:
        calls.append(1)
        if len(calls) > 1:
            tried.set()
        raise TypeError("a record of another kind")

    monkeypatch.setattr(module, "DELIVER_SECONDS", 0.05)
    with CommandLog(above.folder, above.hidden) as log:
        desk = AlarmDesk(above, StateFolder(tmp_path / "plimsoll"), log)
        monkeypatch.setattr(desk.post, "deliver", fails)
        lookout = Lookout(above, desk)
        lookout.start()
        try:
            assert tried.wait(10)
        finally:
            lookout.stop()
            desk.post.close(seconds=0)
