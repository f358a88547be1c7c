from pathlib import Path

import pytest

from plimsoll.core.errors import UsageError
from plimsoll.venue.account.eventlog import EventLog, read_events
from plimsoll.venue.account.events import AccountOpened, Transferred

EVENTS = [AccountOpened(1, 0, 100.0, 1e9), Transferred(2, 5, -0.1, True)]


def written(path: Path) -> Path:
    log = EventLog(path)
    for event in EVENTS:
        log.append(event)
    log.close()
    return path


def test_a_log_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert read_events(written(tmp_path / "new" / "events.jsonl")) == EVENTS


@pytest.mark.parametrize("cut", [1, 10])
def test_a_line_that_a_kill_cut_is_dropped_and_written_over(tmp_path: Path, cut: int) -> None:
    path = written(tmp_path / "events.jsonl")
    path.write_bytes(path.read_bytes()[:-cut])
    assert read_events(path) == EVENTS[:1]
    log = EventLog(path)
    log.append(EVENTS[1])
    log.close()
    assert read_events(path) == EVENTS


@pytest.mark.parametrize(
    ("line", "blame"), [(b"{no\n", "is no JSON"), (b"[]\n", "no JSON object"), (b"{}\n", "event")]
)
def test_a_log_that_is_none_is_refused(tmp_path: Path, line: bytes, blame: str) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(line)
    with pytest.raises(UsageError, match=blame):
        read_events(path)


def test_a_log_that_cannot_be_opened_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot write the event log"):
        EventLog(tmp_path)
    with pytest.raises(UsageError, match="cannot read the event log"):
        read_events(tmp_path / "none.jsonl")
