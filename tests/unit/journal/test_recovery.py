"""A log that a crash cut anywhere goes on, and nothing of the damage is hidden."""

import os
from hashlib import sha256
from pathlib import Path

import pytest

from plimsoll.journal.check import verify
from plimsoll.journal.log import DecisionLog
from tests.unit.journal.decisions import START, raw, utc, written


def test_a_torn_last_line_is_set_aside_and_recorded(tmp_path: Path) -> None:
    written(tmp_path)
    file = tmp_path / "2026-11-20.jsonl"
    whole = file.read_bytes()
    file.write_bytes(whole + b'{"at":"2026-11-')
    with DecisionLog(tmp_path) as log:
        log.append("start", START)
    [_, recovery, start] = raw(tmp_path)
    assert (tmp_path / "2026-11-20.2.1.torn").read_bytes() == b'{"at":"2026-11-'
    assert recovery["kind"] == "recovery"
    assert recovery["files"] == [
        {
            "file": "2026-11-20.2.1.torn",
            "bytes": 15,
            "sha256": sha256(b'{"at":"2026-11-').hexdigest(),
        }
    ]
    assert (start["kind"], start["seq"]) == ("start", 3)
    verification = verify(tmp_path)
    assert (verification.fault, verification.recoveries, len(verification.torn_files)) == (
        None,
        1,
        1,
    )


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_log_cut_anywhere_goes_on(tmp_path: Path, cut: int) -> None:
    with DecisionLog(tmp_path) as log:
        for day in (20, 21):
            log.append("test", utc(f"2026-11-{day}T12:00:00"), text="x" * 10)
    file = tmp_path / "2026-11-21.jsonl"
    os.truncate(file, cut)
    with DecisionLog(tmp_path) as log:
        log.append("start", utc("2026-11-21T13:00:00"))
    assert [record["kind"] for record in raw(tmp_path)] == ["test", "recovery", "start"]
    assert verify(tmp_path).fault is None


def test_a_day_of_which_nothing_is_left_has_no_file(tmp_path: Path) -> None:
    written(tmp_path)
    (tmp_path / "2026-11-25.jsonl").write_bytes(b"torn")
    with DecisionLog(tmp_path) as log:
        log.append("start", utc("2026-11-21T12:00:00"))
    assert [file.name for file in sorted(tmp_path.glob("*.jsonl"))] == [
        "2026-11-20.jsonl",
        "2026-11-21.jsonl",
    ]
    assert verify(tmp_path).fault is None


def test_a_crash_within_a_recovery_is_recovered_too(tmp_path: Path) -> None:
    written(tmp_path)
    file = tmp_path / "2026-11-20.jsonl"
    with file.open("ab") as handle:
        handle.write(b"torn once")
    DecisionLog(tmp_path).close()  # set aside, and ended before it wrote anything
    assert verify(tmp_path).fault is not None
    with file.open("ab") as handle:
        handle.write(b"torn twice")
    with DecisionLog(tmp_path) as log:
        log.append("start", START)
    assert verify(tmp_path).fault is None
    assert len(verify(tmp_path).torn_files) == 2


def test_damage_before_the_end_does_not_stop_a_bot_but_stays_visible(tmp_path: Path) -> None:
    written(tmp_path)
    with (tmp_path / "2026-11-20.jsonl").open("ab") as handle:
        handle.write(b"\0\0\0\n")
    with DecisionLog(tmp_path) as log:
        assert log.append("start", START)["seq"] == 3  # the recovery is 2
    fault = verify(tmp_path).fault
    assert fault is not None
    assert (fault.file, fault.line) == ("2026-11-20.jsonl", 2)
