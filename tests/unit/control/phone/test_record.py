"""Every command is on record before it is done; what a kill left is known to the next process."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from plimsoll.control.phone.commands import Command, Verb
from plimsoll.control.phone.hearing import Heard, NotHeard, Unheard
from plimsoll.control.phone.questions import Question
from plimsoll.control.phone.record import CommandLog, Event, Note
from plimsoll.core import PlimsollError
from plimsoll.journal.check import verify
from plimsoll.journal.files import decision_files, lines

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def write(log: CommandLog, event: Event, update: int, command: str) -> None:
    log.command(event, NOON, update=update, by="anna", chat="anna", command=command)


def test_what_was_begun_and_not_ended_is_left_for_the_next(tmp_path: Path) -> None:
    with CommandLog(tmp_path, ["hush-hush"]) as log:
        assert log.unfinished == ()
        write(log, Event.BEGUN, 1, "/status")
        write(log, Event.ENDED, 1, "/status")
        write(log, Event.ASKED, 2, "/resume it is over")
        write(log, Event.BEGUN, 3, "/halt the price hush-hush")
        write(log, Event.REFUSED, 4, "/resume")
        write(log, Event.BEGUN, 5, "/halt again")
        write(log, Event.REFUSED, 5, "/halt again")
        log.write(Note.SEEN, NOON, by="anna", alarms=[1])
    with CommandLog(tmp_path, []) as again:
        (left,) = again.unfinished
        assert (left.update, left.who, left.chat, left.at) == (3, "anna", "anna", NOON)
        assert left.command == Command(Verb.HALT, "the price ***")
        assert all(again.knows(number) for number in range(1, 6))
        assert not again.knows(6)
    assert verify(tmp_path / "journal").fault is None


def test_one_that_was_taken_up_again_and_ended_is_not_left(tmp_path: Path) -> None:
    with CommandLog(tmp_path, []) as log:
        write(log, Event.BEGUN, 3, "/halt now")
        write(log, Event.BEGUN, 3, "/halt now")
        write(log, Event.ENDED, 3, "/halt now")
    with CommandLog(tmp_path, []) as again:
        assert again.unfinished == ()


def test_a_second_one_on_the_same_folder_is_refused_in_a_line(tmp_path: Path) -> None:
    with (
        CommandLog(tmp_path, []),
        pytest.raises(PlimsollError, match=r"only writer .* found another control bot"),
    ):
        CommandLog(tmp_path, [])


def test_a_log_that_cannot_be_written_is_a_fault_and_not_an_end(tmp_path: Path) -> None:
    log = CommandLog(tmp_path, [])
    log.close()
    assert not log.command(Event.BEGUN, NOON, update=1, by="anna", chat="anna", command="/halt")
    assert log.fault is not None
    assert log.knows(1)


def test_what_became_of_a_word_names_who_where_and_its_number(tmp_path: Path) -> None:
    said = Heard(update=7, who="anna", chat="desk", text="/halt now", message=1)
    stranger = NotHeard(update=8, why=Unheard.EDITED, who="ben", chat="ben")
    command = Command(Verb.HALT, "now")
    late = Question(
        nonce="n", command=command, who="anna", chat="anna", basis=(), asked=0.0, asked_wall=0.0
    )
    with CommandLog(tmp_path, []) as log:
        assert log.of(said, Event.ENDED, "/halt now", done=True, said="flat")
        assert log.of(stranger, Event.REFUSED, why="edited")
        assert log.of(late, Event.REFUSED, "/halt now", why="nobody answered")
        assert log.knows(7)
        assert log.knows(8)
    told = [
        {name: one[name] for name in ("update", "by", "chat", "command", "event") if name in one}
        for one in (
            json.loads(line)
            for file in decision_files(tmp_path / "journal")
            for line in lines(file)
        )
    ]
    assert told == [
        {"update": 7, "by": "anna", "chat": "desk", "command": "/halt now", "event": "ended"},
        {"update": 8, "by": "ben", "chat": "ben", "event": "refused"},
        {"by": "anna", "chat": "anna", "command": "/halt now", "event": "refused"},
    ]
