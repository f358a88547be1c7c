"""A decision log read from the oldest record to the newest, whatever state it is in."""

from pathlib import Path

import pytest

from plimsoll.journal.reading import Reading
from tests.unit.journal.decisions import Bot


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    made = Bot(tmp_path)
    made.candles(6)
    return made


def test_a_whole_log_is_read_in_its_order_without_a_fault(bot: Bot) -> None:
    reading = Reading()
    assert [record["seq"] for record in reading.records(bot.folder)] == [1, 2, 3, 4, 5, 6, 7]
    assert reading.fault is None
    assert reading.last_at == bot.now
    assert reading.first_at is not None
    assert reading.first_at < bot.now


def test_a_damaged_line_is_named_and_passed_over(bot: Bot) -> None:
    [file] = bot.folder.glob("*.jsonl")
    lines = file.read_bytes().splitlines(keepends=True)
    lines[3] = lines[3].replace(b"none", b"long", 1)
    file.write_bytes(b"".join(lines))
    reading = Reading()
    assert [record["seq"] for record in reading.records(bot.folder)] == [1, 2, 3, 5, 6, 7]
    assert reading.fault is not None
    assert f"{file.name}, line 4: the record was changed" in reading.fault
    assert "1 line is damaged" in reading.fault


def test_a_missing_record_is_a_fault(bot: Bot) -> None:
    [file] = bot.folder.glob("*.jsonl")
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[:2] + lines[3:]))
    reading = Reading()
    assert len(list(reading.records(bot.folder))) == 6
    assert reading.fault == "records are missing in 1 place"


def test_a_line_that_is_being_written_is_left_out(bot: Bot) -> None:
    [file] = bot.folder.glob("*.jsonl")
    with file.open("ab") as handle:
        handle.write(b'{"at":"2026-11-20T14:')
    reading = Reading()
    assert len(list(reading.records(bot.folder))) == 7
    assert reading.fault is None


def test_where_there_is_no_log_there_is_no_record(tmp_path: Path) -> None:
    assert list(Reading().records(tmp_path / "nowhere")) == []
