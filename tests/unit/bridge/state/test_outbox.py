"""Alarms wait in a file until every messenger has them; mentions wait in memory."""

from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from plimsoll.bridge.state.outbox import FIRST_KEPT, MOST_KEPT, OUTBOX, Outbox, alarms_in

NOW = datetime(2026, 11, 20, 13, 48, tzinfo=UTC)


def texts(outbox: Outbox, messenger: str = "telegram") -> list[str]:
    return [one.text for one in outbox.waiting(messenger)]


def test_an_alarm_outlives_the_process_and_a_mention_does_not(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    outbox.add("halted", NOW, alarm=True, messengers=["telegram"])
    outbox.add("denied", NOW, alarm=False, messengers=["telegram"])
    assert texts(outbox) == ["halted", "denied"]
    again = Outbox(tmp_path)
    assert texts(again) == ["halted"]
    (one,) = again.alarms()
    assert (one.at, one.alarm, one.told_at) == (NOW, True, None)


def test_it_waits_until_every_messenger_has_it(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    outbox.add("halted", NOW, alarm=True, messengers=["telegram", "webhook"])
    outbox.delivered("telegram", outbox.waiting("telegram"))
    assert (texts(outbox), texts(outbox, "webhook")) == ([], ["halted"])
    assert texts(Outbox(tmp_path), "webhook") == ["halted"]
    outbox.delivered("webhook", outbox.waiting("webhook"))
    assert outbox.alarms() == []
    assert orjson.loads((tmp_path / OUTBOX).read_bytes()) == {"waiting": []}


def test_what_waited_for_a_messenger_that_is_gone_goes_to_the_others(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    outbox.add("one", NOW, alarm=True, messengers=["webhook"])
    outbox.add("two", NOW, alarm=True, messengers=["telegram", "webhook"])
    outbox.address(["telegram", "discord"])
    assert texts(outbox, "telegram") == ["one", "two"]
    assert texts(outbox, "discord") == ["one"]
    outbox.delivered("discord", outbox.waiting("discord"))
    assert texts(outbox, "telegram") == ["one", "two"]


def test_mentions_make_room_before_alarms_and_the_first_alarms_never_do(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    outbox.add("mention", NOW, alarm=False, messengers=["telegram"])
    for number in range(MOST_KEPT):
        outbox.add(str(number), NOW, alarm=True, messengers=["telegram"])
    assert texts(outbox) == [str(number) for number in range(MOST_KEPT)]
    outbox.add("new", NOW, alarm=True, messengers=["telegram"])
    assert texts(outbox)[: FIRST_KEPT + 1] == [*map(str, range(FIRST_KEPT)), str(FIRST_KEPT + 1)]
    assert texts(outbox)[-1] == "new"
    assert outbox.dropped == 2


def test_a_folder_that_cannot_be_written_loses_nothing_in_this_process(tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.write_text("not a folder")
    outbox = Outbox(place)
    outbox.add("halted", NOW, alarm=True, messengers=["telegram"])
    assert texts(outbox) == ["halted"]
    assert outbox.fault is not None


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"waiting": [{"text": "a"}]}', b'{"waiting": [1]}', b"null"]
)
def test_a_damaged_file_is_set_aside_and_said(tmp_path: Path, content: bytes) -> None:
    (tmp_path / OUTBOX).write_bytes(content)
    outbox = Outbox(tmp_path)
    assert outbox.alarms() == []
    assert "damaged" in str(outbox.fault)
    assert (tmp_path / "outbox.damaged").read_bytes() == content
    outbox.add("halted", NOW, alarm=True, messengers=["telegram"])
    assert texts(Outbox(tmp_path)) == ["halted"]


def test_a_start_without_anything_to_tell_writes_no_file(tmp_path: Path) -> None:
    Outbox(tmp_path).address(["telegram"])
    assert list(tmp_path.iterdir()) == []


def test_from_outside_the_alarms_are_read_and_nothing_is_changed(tmp_path: Path) -> None:
    assert alarms_in(tmp_path) == []
    Outbox(tmp_path).add("halted", NOW, alarm=True, messengers=["telegram"])
    assert [(one.text, one.at) for one in alarms_in(tmp_path)] == [("halted", NOW)]
    (tmp_path / OUTBOX).write_text("{")
    assert alarms_in(tmp_path) == []
    assert (tmp_path / OUTBOX).read_text() == "{"
