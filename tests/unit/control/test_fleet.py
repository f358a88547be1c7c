"""A fleet as a person sees it from outside, halts and re-arms it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from plimsoll.bridge.config.fleet_file import read_fleet
from plimsoll.bridge.state.fleet_folder import LEVELS, REPORT, FleetFolder
from plimsoll.control.fleet import fleet_status, halt_fleet, resume_fleet
from plimsoll.core import PlimsollError, UsageError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    bots = [{"name": "trend"}, {"name": "carry"}]
    made = tmp_path / "fleet.json"
    limits = {"drawdown_reduce_fraction": 0.05, "drawdown_halt_fraction": 0.1}
    made.write_text(json.dumps({"name": "main", "bots": bots, "risk": limits}))
    return made


def say(file: Path, name: str, **changed: Any) -> None:
    values = {
        "fleet": read_fleet(file).digest,
        "account": "one",
        "as_of": datetime.now(UTC).isoformat(),
        "capital_usd": 10_000.0,
        "profit_usd": -100.0,
        "mode": "ACTIVE",
        "positions": [],
        "windows": {},
        **changed,
    }
    FleetFolder(file.parent / "main.fleet").write(REPORT, name, values)


def test_what_all_say_is_one_account(file: Path) -> None:
    say(file, "trend")
    say(file, "carry")
    levels = {"epoch": "", "day_at": None, "day_usd": None, "high_usd": 10_000.0, "last_usd": None}
    FleetFolder(file.parent / "main.fleet").write(LEVELS, "carry", levels)
    told = fleet_status(file)
    assert (told.mode, told.equity_usd, told.exposure_usd) == ("REDUCING", 9_800.0, 0.0)
    assert told.drawdown_fraction == pytest.approx(0.02)
    assert [row.profit_usd for row in told.bots] == [-100.0, -100.0]
    assert told.why is not None
    assert "daily" in told.why or "start" in told.why, "no bot has marked the day yet"


def test_a_bot_that_is_silent_is_named_and_nothing_is_well(file: Path) -> None:
    say(file, "trend")
    say(file, "carry", as_of=(datetime.now(UTC) - timedelta(hours=1)).isoformat())
    told = fleet_status(file)
    assert told.equity_usd is None
    assert not told.is_well
    assert told.bots[1].fault is not None
    assert "carry has not reported" in told.bots[1].fault
    assert told.bots[0].fault is None
    json.dumps(told.as_record(), default=str)


def test_a_person_halts_and_re_arms(file: Path) -> None:
    done = halt_fleet(file, "I do not like it")
    told = fleet_status(file)
    assert told.mode == "HALTED"
    assert told.why is not None
    assert done.id in told.why
    rearmed = resume_fleet(file, "looked")
    assert rearmed is not None
    assert rearmed.ends == (done.id,)
    assert resume_fleet(file, "looked") is None
    with pytest.raises(UsageError, match="--reason"):
        resume_fleet(file, " ")


def test_a_file_that_cannot_be_read_is_wrong_usage(tmp_path: Path) -> None:
    for act in (fleet_status, lambda one: halt_fleet(one, "x"), lambda one: resume_fleet(one, "x")):
        with pytest.raises(UsageError, match="cannot be read"):
            act(tmp_path / "gone.json")


def test_a_halt_that_cannot_be_written_is_no_silence(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(FleetFolder, "_write", full)
    with pytest.raises(PlimsollError, match="could not be halted"):
        halt_fleet(file, "x")
