"""Reviews on record: once a period, and tamper-evident."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from plimsoll.bridge.state.folder import StateFolder
from plimsoll.control import reviews
from plimsoll.control.reviews import deciding, record_review, review_of, reviews_folder, reviews_of
from plimsoll.core import PlimsollError
from plimsoll.journal.check import verify
from plimsoll.journal.log import DecisionLog

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> StateFolder:
    return StateFolder(tmp_path / "plimsoll")


def test_a_period_is_reviewed_once_and_a_second_time_is_the_first(folder: StateFolder) -> None:
    first = record_review(folder, NOW, strategy="A", period="2026-10", decision="keep", by="Ann")
    again = record_review(folder, NOW, strategy="A", period="2026-10", decision="withdraw")
    assert again["hash"] == first["hash"]
    assert [one["decision"] for one in reviews_of(folder)] == ["keep"]
    record_review(folder, NOW, strategy="B", period="2026-10", decision="withdraw")
    assert review_of(reviews_of(folder), "B", "2026-10") != first
    assert review_of(reviews_of(folder), "A", "2026-09") is None
    assert verify(reviews_folder(folder)).fault is None


def test_without_a_review_there_is_none(folder: StateFolder) -> None:
    assert reviews_of(folder) == ()


def test_a_review_that_was_edited_stops_the_next(folder: StateFolder) -> None:
    record_review(folder, NOW, strategy="A", period="2026-10", decision="keep", reason="good")
    [file] = reviews_folder(folder).glob("*.jsonl")
    file.write_bytes(file.read_bytes().replace(b'"keep"', b'"increase"'))
    with pytest.raises(PlimsollError, match="is not whole"):
        reviews_of(folder)
    with pytest.raises(PlimsollError, match="is not whole"):
        record_review(folder, NOW, strategy="A", period="2026-11", decision="keep")


def test_a_running_bot_keeps_nobody_from_a_review(folder: StateFolder) -> None:
    with DecisionLog(folder.decisions):
        record_review(folder, NOW, strategy="A", period="2026-10", decision="keep")
    assert len(reviews_of(folder)) == 1


def test_one_decides_at_a_time(folder: StateFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reviews, "WAIT_SECONDS", 0.1)
    refused = pytest.raises(PlimsollError, match="is being decided")
    with deciding(folder), refused, deciding(folder):
        pass
    with deciding(folder):
        record_review(folder, NOW, strategy="A", period="2026-10", decision="keep")
    assert reviews_of(folder)
