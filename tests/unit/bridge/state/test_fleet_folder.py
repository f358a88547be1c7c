"""A halt of a fleet is a file that nobody loses: a kill, a wrong byte and a lost folder halt on."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from plimsoll.bridge.state import fleet_folder
from plimsoll.bridge.state.fleet_folder import REPORT, FleetFolder, halt_in
from plimsoll.core import PlimsollError

NOON = datetime(2026, 11, 19, 12, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[FleetFolder]:
    yield FleetFolder(tmp_path / "main.fleet")
    fleet_folder.release()


def test_a_halt_stands_until_a_person_ends_it_and_the_next_one_is_another(
    folder: FleetFolder,
) -> None:
    halt = folder.raise_halt(NOON, "trend", "drawdown: it fell", value=0.12, limit=0.1)
    assert folder.halts() == [halt]
    assert folder.epoch == ""
    done = folder.rearm(NOON, "ada", "looked")
    assert done is not None
    assert done.ends == (halt.id,)
    assert folder.halts() == []
    assert folder.epoch == done.id
    assert folder.rearm(NOON, "ada", "again") is None
    assert folder.raise_halt(NOON, "carry", "again").id != halt.id
    assert len(folder.halts()) == 1


def test_its_number_is_found_in_a_bots_own_record(folder: FleetFolder) -> None:
    halt = folder.raise_halt(NOON, "trend", "x" * 400)
    text = f"plimsoll HALTED fleet: {halt.words('main')}"[:255]
    assert halt_in(text) == halt.id
    assert halt_in("halted by hand") is None


def test_a_halt_that_cannot_be_read_halts_and_can_be_ended(folder: FleetFolder) -> None:
    halt = folder.raise_halt(NOON, "trend", "it fell")
    (folder.path / f"halt-{halt.id}.json").write_bytes(b'{"id": "')
    (found,) = folder.halts()
    assert "cannot be read" in found.reason
    folder.rearm(NOON, "ada", "looked")
    assert folder.halts() == []


def test_a_re_arming_that_cannot_be_read_ends_nothing(folder: FleetFolder) -> None:
    folder.raise_halt(NOON, "trend", "it fell")
    folder.rearm(NOON, "ada", "looked")
    (file,) = folder.path.glob("rearm-*.json")
    file.write_bytes(file.read_bytes()[:-20])
    assert len(folder.halts()) == 1


def test_two_halts_at_once_are_both_ended_by_one_re_arming(folder: FleetFolder) -> None:
    for name in ("trend", "carry"):
        folder.raise_halt(NOON, name, "it fell")
    done = folder.rearm(NOON, "ada", "looked")
    assert done is not None
    assert len(done.ends) == 2
    assert folder.halts() == []


KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from plimsoll.bridge.state.fleet_folder import FleetFolder

when = sys.argv[2]
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
if when == "before":
    Path.replace = die
else:
    replace = Path.replace
    def replaced(self, to):
        replace(self, to)
        die()
    Path.replace = replaced
FleetFolder(Path(sys.argv[1])).raise_halt(datetime.now(UTC), "trend", "it fell")
"""


@pytest.mark.parametrize(("when", "halts"), [("before", 0), ("after", 1)])
def test_a_kill_in_the_middle_of_the_write_leaves_a_whole_halt_or_none(
    folder: FleetFolder, when: str, halts: int
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(folder.path), when],
        check=False,
        env={**os.environ},
        timeout=120,
    )
    assert done.returncode == -signal.SIGKILL
    assert len(folder.halts()) == halts
    folder.raise_halt(NOON, "carry", "it fell")
    assert len(folder.halts()) == halts + 1


def test_what_a_bot_says_is_the_last_it_said(folder: FleetFolder) -> None:
    assert folder.read(REPORT, "trend") is None
    folder.write(REPORT, "trend", {"profit_usd": 1.0, "other": float("nan")})
    folder.write(REPORT, "trend", {"profit_usd": 2.0})
    assert folder.read(REPORT, "trend") == {"profit_usd": 2.0}
    (folder.path / "report-trend.json").write_text("[]")
    with pytest.raises(ValueError, match="expected an object"):
        folder.read(REPORT, "trend")


HOLDS = """
import sys
from pathlib import Path
from plimsoll.bridge.state.fleet_folder import FleetFolder

FleetFolder(Path(sys.argv[1])).claim("trend", "main")
print("held", flush=True)
sys.stdin.read()
"""


def test_two_processes_of_one_name_are_refused(folder: FleetFolder) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(folder.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(PlimsollError, match="the only bot that is trend"):
            folder.claim("trend", "main")
        folder.claim("carry", "main")
        folder.claim("carry", "main")
        process.kill()


@pytest.mark.parametrize("at", [b"null", b"5", b"[]", b"true"])
def test_a_halt_whose_time_is_none_halts_beside_others(folder: FleetFolder, at: bytes) -> None:
    """One of several: they are sorted by their time."""
    folder.raise_halt(NOON, "trend", "it fell")
    bad = b'{"id": "x", "at": ' + at + b', "by": "me", "reason": "mine"}'
    (folder.path / "halt-0123456789ab.json").write_bytes(bad)
    assert len(folder.halts()) == 2
    folder.rearm(NOON, "ada", "looked")
    assert folder.halts() == []


def test_a_folder_that_cannot_be_listed_is_not_one_without_a_halt(
    folder: FleetFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.raise_halt(NOON, "trend", "it fell")

    def refused(*_: object) -> list[str]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "listdir", refused)
    monkeypatch.setattr(os, "scandir", refused)
    with pytest.raises(PermissionError):
        folder.halts()


def test_a_folder_is_one_fleets_whose_resume_ends_no_other_fleets_halt(
    folder: FleetFolder,
) -> None:
    folder.claim("trend", "main")
    with pytest.raises(PlimsollError, match="found that of main"):
        folder.claim("carry", "other")
