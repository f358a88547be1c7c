"""What a bot's traces say, seen while it goes on."""

import os
import time
from pathlib import Path
from typing import Any

import pytest

from plimsoll.control import bot as control_bot
from plimsoll.control.bot import find_bot, look


@pytest.fixture
def userdir(tmp_path: Path) -> Path:
    folder = tmp_path / "user_data"
    folder.mkdir()
    return folder


def test_a_loop_that_ends_during_the_look_is_not_seen_by_half(
    userdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The status and its time are of one loop: else an old halt would look like a new one."""
    bot = find_bot(userdir, [], f"sqlite:///{userdir / 'none.sqlite'}")
    bot.folder.write_status({"loops": 1, "mode": "HALTED"})
    before = time.time() - 60
    os.utime(bot.folder.path / "status.json", (before, before))

    def slow(_: Any) -> None:
        bot.folder.write_status({"loops": 2, "mode": "ACTIVE"})

    monkeypatch.setattr(control_bot, "rest_state", slow)
    view = look(bot)
    assert view.status["loops"] == 1
    assert view.looped_at == pytest.approx(before)
    assert view.age_seconds is not None
    assert view.age_seconds >= 60
    view = look(bot)
    assert view.status["loops"] == 2
    assert view.looped_at is not None
    assert view.looped_at > before + 50


def test_no_status_has_no_age(userdir: Path) -> None:
    view = look(find_bot(userdir, [], f"sqlite:///{userdir / 'none.sqlite'}"))
    assert (view.status, view.looped_at, view.age_seconds) == ({}, None, None)
