"""What ``verify`` finds wrong with a log, and where."""

import os
from pathlib import Path

import pytest

from plimsoll.journal.check import Fault, verify
from plimsoll.journal.log import DecisionLog
from tests.unit.journal.decisions import utc

DAYS = ("2026-11-20", "2026-11-21", "2026-11-22")
MIDDLE = f"{DAYS[1]}.jsonl"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Three days of three records."""
    with DecisionLog(tmp_path) as log:
        for day in DAYS:
            for hour in (10, 11, 12):
                log.append("candle", utc(f"{day}T{hour}:00:00"), text="no signal")
    return tmp_path


def change(file: Path, before: bytes, after: bytes) -> None:
    content = file.read_bytes()
    assert before in content
    file.write_bytes(content.replace(before, after, 1))


def rewrite(file: Path, order: list[int]) -> None:
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[number] for number in order))


def fault_of(folder: Path, head: str | None = None) -> Fault:
    fault = verify(folder, head=head).fault
    assert fault is not None
    return fault


def test_a_whole_log_is_counted(log: Path) -> None:
    verification = verify(log)
    assert (verification.fault, verification.records, verification.files) == (None, 9, 3)
    assert (verification.first_at, verification.last_at) == (
        "2026-11-20T10:00:00Z",
        "2026-11-22T12:00:00Z",
    )
    last = (log / f"{DAYS[2]}.jsonl").read_text().splitlines()[-1]
    assert f'"hash":"{verification.head}"' in last


def test_a_changed_byte(log: Path) -> None:
    change(log / MIDDLE, b"no signal", b"no Signal")
    fault = fault_of(log)
    assert (fault.file, fault.line) == (MIDDLE, 1)
    assert "was changed" in fault.what


def test_a_missing_line(log: Path) -> None:
    rewrite(log / MIDDLE, [0, 2])
    assert fault_of(log) == Fault(MIDDLE, 2, "record 5 is missing here")


def test_lines_in_another_order(log: Path) -> None:
    rewrite(log / MIDDLE, [0, 2, 1])
    assert fault_of(log) == Fault(MIDDLE, 2, "record 5 is missing here")


def test_a_repeated_line(log: Path) -> None:
    rewrite(log / MIDDLE, [0, 1, 1, 2])
    fault = fault_of(log)
    assert fault == Fault(MIDDLE, 3, "record 5 is out of order or a repetition, expected 6")


def test_a_missing_file(log: Path) -> None:
    (log / MIDDLE).unlink()
    what = "record 4 to 6 is missing before this file: a file, or the end of the one before"
    assert fault_of(log) == Fault(f"{DAYS[2]}.jsonl", 1, what)


def test_a_missing_beginning(log: Path) -> None:
    (log / f"{DAYS[0]}.jsonl").unlink()
    assert "record 1 to 3 is missing" in fault_of(log).what


def test_a_renamed_file(log: Path) -> None:
    (log / f"{DAYS[2]}.jsonl").rename(log / "2026-11-23.jsonl")
    assert "renamed" in fault_of(log).what


def test_a_torn_tail(log: Path) -> None:
    file = log / f"{DAYS[2]}.jsonl"
    os.truncate(file, file.stat().st_size - 1)
    fault = fault_of(log)
    assert (fault.file, fault.line) == (file.name, 3)
    assert "torn" in fault.what


def test_a_record_of_another_log_does_not_follow(log: Path, tmp_path: Path) -> None:
    with DecisionLog(tmp_path / "other") as other:
        for hour in (10, 11, 12):
            other.append("candle", utc(f"{DAYS[0]}T{hour}:00:00"), text="another")
    (tmp_path / "other" / f"{DAYS[0]}.jsonl").replace(log / f"{DAYS[0]}.jsonl")
    fault = fault_of(log)
    assert (fault.file, fault.line) == (MIDDLE, 1)
    assert "does not follow" in fault.what


def test_only_a_known_head_tells_that_the_end_was_cut(log: Path) -> None:
    head = verify(log).head
    assert verify(log, head=head).fault is None
    assert verify(log, head=head[:12]).fault is None
    with DecisionLog(log) as longer:
        longer.append("candle", utc("2026-11-22T13:00:00"))
    assert verify(log, head=head).fault is None
    (log / f"{DAYS[2]}.jsonl").unlink()
    assert verify(log).fault is None
    assert "the end of the log is missing" in fault_of(log, head).what


def test_an_empty_log_is_not_whole(tmp_path: Path) -> None:
    assert fault_of(tmp_path).what == "there is no record"


@pytest.mark.parametrize("harm", ["change", "remove", "add"])
def test_what_was_set_aside_is_watched_too(log: Path, harm: str) -> None:
    with (log / f"{DAYS[2]}.jsonl").open("ab") as handle:
        handle.write(b"torn")
    with DecisionLog(log) as recovered:
        recovered.append("start", utc("2026-11-22T13:00:00"))
    assert verify(log).fault is None
    [torn] = log.glob("*.torn")
    if harm == "change":
        torn.write_bytes(b"tarn")
    elif harm == "remove":
        torn.unlink()
    else:
        torn = log / "2026-11-22.99.1.torn"
        torn.write_bytes(b"")
    assert fault_of(log).file == torn.name


def test_reading_while_a_bot_writes(tmp_path: Path) -> None:
    import threading

    ended = threading.Event()

    def write() -> None:
        with DecisionLog(tmp_path) as log:
            for number in range(3000):
                log.append("candle", utc(f"2026-11-{20 + number // 1000}T10:00:00"), n=number)
        ended.set()

    bot = threading.Thread(target=write)
    bot.start()
    checks = 0
    while not ended.is_set() or checks == 0:
        verification = verify(tmp_path)
        assert verification.fault is None or verification.fault.what == "there is no record"
        checks += 1
    bot.join()
    assert verify(tmp_path).records == 3000
