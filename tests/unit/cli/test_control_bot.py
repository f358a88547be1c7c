"""``plimsoll control-bot``: what is wrong is one line, and its status is another process's."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from plimsoll.journal.log import DecisionLog
from tests.unit.cli.commands import Run, assert_one_line

TOKEN = "123456789:AAbbCCddEEffGGhh"


@pytest.fixture
def userdir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLIMSOLL_CONTROL__TOKEN", TOKEN)
    monkeypatch.setenv("PLIMSOLL_CONTROL__CHATS", "anna=424242")
    (tmp_path / "user_data").mkdir()
    return tmp_path / "user_data"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("TOKEN", "", "expected the token of a Telegram bot of its own"),
        ("CHATS", "", "at least one person"),
        ("CHATS", "anna", "place 1"),
        ("MAIL", "nonsense", "alarm address 1 is none that apprise knows"),
        ("TOKKEN", "x", "expected secrets named"),
    ],
)
def test_wrong_secrets_are_one_line_that_shows_none(
    name: str, value: str, said: str, run: Run, userdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"PLIMSOLL_CONTROL__{name}", value)
    seen = run("control-bot")
    assert seen.status == 2
    assert_one_line(seen, said)
    assert TOKEN not in seen.err
    assert "424242" not in seen.err


def test_a_second_one_on_the_folder_is_one_line(run: Run, userdir: Path) -> None:
    with DecisionLog(userdir / "plimsoll-control/journal"):
        seen = run("control-bot")
    assert seen.status == 1
    assert_one_line(seen, "found another control bot")


def test_two_options_and_a_status_of_nobody_are_wrong_usage(run: Run, userdir: Path) -> None:
    assert run("control-bot", "--check", "--status").status == 2
    seen = run("control-bot", "--status")
    assert seen.status == 2
    assert_one_line(seen, "no control bot has left a status")


def status(**others: Any) -> dict[str, Any]:
    return {
        "as_of": datetime.now(UTC).isoformat(),
        "every_seconds": 5,
        "telegram": "listening",
        "listening": True,
        "undelivered": {"count": 0, "oldest": None, "last_error": None},
        "unacknowledged": {"count": 0, "oldest": None},
        "alarms": [],
        "fault": None,
        "is_well": True,
        **others,
    }


def test_a_status_is_well_while_it_is_new(run: Run, userdir: Path) -> None:
    file = userdir / "plimsoll-control/status.json"
    file.parent.mkdir()
    file.write_text(json.dumps(status()))
    seen = run("control-bot", "--status")
    assert (seen.status, seen.out.splitlines()[-1]) == (0, "all is well")
    for seconds in (31, -31):
        old = (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat()
        file.write_text(json.dumps(status(as_of=old)))
        told = run("control-bot", "--status", "--json")
        assert (told.status, json.loads(told.out)["is_well"]) == (1, False)


def test_a_status_names_alarms_what_waits_and_why(run: Run, userdir: Path) -> None:
    file = userdir / "plimsoll-control/status.json"
    file.parent.mkdir()
    waiting = {"count": 2, "oldest": "2026-11-23T12:00:00+00:00", "last_error": "Unauthorized"}
    alarm = {"number": 7, "text": "🛑 HALTED"}
    told = status(is_well=False, undelivered=waiting, alarms=[alarm], fault="disk full")
    file.write_text(json.dumps(told))
    seen = run("control-bot", "--status")
    assert seen.status == 1
    for said in ("alarm 7        🛑 HALTED", "2 since 2026-11-23", "Unauthorized", "disk full"):
        assert said in seen.out
