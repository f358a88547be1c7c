"""What a watchdog finds of itself when it starts again."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from plimsoll.core import PlimsollError, UsageError
from plimsoll.journal.check import verify
from plimsoll.monitoring.memory import Latch, Memory
from plimsoll.monitoring.profile import Act
from plimsoll.monitoring.store import (
    JOURNAL,
    STATE,
    STATUS,
    Note,
    Store,
    age_of,
    ask_to_release,
    last_look,
    latch_on_record,
    release_waits,
    status_in,
    withdraw_release,
)
from tests.unit.monitoring.sights import BTC, NOON

ALL = Latch(act=Act.FLATTEN, since=NOON, because="bot_dead: gone")
ONE = replace(ALL, pairs=(BTC,))
ENTRIES = replace(ALL, act=Act.STOP_ENTRIES)


def noted(store: Store, latch: Latch) -> None:
    store.note(Note.LATCH, NOON, latch=Memory(latch=latch).as_record()["latch"])


def test_a_latch_holds_when_either_place_has_it(tmp_path: Path) -> None:
    store = Store(tmp_path, [])
    noted(store, ALL)
    store.close()
    assert Store(tmp_path, []).load()[0].latch == ALL
    other = tmp_path / "other"
    store = Store(other, [])
    store.save(Memory(latch=ALL), [])
    assert store.load()[0].latch == ALL
    (other / STATE).write_bytes(b'{"memory"')
    assert store.load() == (Memory(), [])


@pytest.mark.parametrize(
    ("kept", "recorded", "holds"),
    [
        (ONE, ALL, ALL),
        (ALL, ONE, ALL),
        (ENTRIES, ONE, ONE),
        (ALL, ENTRIES, ALL),
        (None, ONE, ONE),
    ],
)
def test_of_both_places_the_stricter_holds(
    tmp_path: Path, kept: Latch | None, recorded: Latch, holds: Latch
) -> None:
    store = Store(tmp_path, [])
    noted(store, recorded)
    store.save(Memory(latch=kept), [])
    assert store.load()[0].latch == holds
    store.close()


def test_a_release_on_record_ends_what_is_on_record(tmp_path: Path) -> None:
    store = Store(tmp_path, [])
    noted(store, ALL)
    assert latch_on_record(tmp_path) == ALL
    store.note(Note.RELEASE, NOON, reason="looked", by="me")
    assert latch_on_record(tmp_path) is None
    store.close()


def test_the_journal_is_whole_after_a_death_in_the_middle_of_a_line(tmp_path: Path) -> None:
    store = Store(tmp_path, ["hush-hush"])
    store.note(Note.ACT, NOON, text="with hush-hush in it")
    store.close()
    [file] = (tmp_path / JOURNAL).glob("*.jsonl")
    assert b"hush" not in file.read_bytes()
    with file.open("ab") as handle:
        handle.write(b'{"kind":"act"')
    store = Store(tmp_path, [])
    store.note(Note.ACT, NOON, text="after")
    store.close()
    assert verify(tmp_path / JOURNAL).fault is None
    file.write_bytes(file.read_bytes().replace(b"with", b"whit"))
    assert verify(tmp_path / JOURNAL).fault is not None


def test_two_watchdogs_do_not_share_a_folder(tmp_path: Path) -> None:
    store = Store(tmp_path, [])
    with pytest.raises(PlimsollError, match="only writer"):
        Store(tmp_path, [])
    store.close()


def test_a_journal_that_cannot_be_written_is_a_fault_and_no_end(tmp_path: Path) -> None:
    store = Store(tmp_path, [])
    store.close()
    store.note(Note.ACT, NOON, text="closed")
    assert store.fault is not None


def test_a_release_waits_for_the_one_that_takes_it(tmp_path: Path) -> None:
    store = Store(tmp_path, [])
    assert store.take_release() is None
    ask_to_release(tmp_path, "looked at it", "me")
    assert release_waits(tmp_path)
    assert store.take_release() == ("looked at it", "me")
    assert not release_waits(tmp_path)
    (tmp_path / "release.json").write_text("{")
    assert store.take_release() is None
    assert not release_waits(tmp_path)
    store.write_status({"is_well": True})
    assert status_in(tmp_path) == {"is_well": True}
    assert status_in(tmp_path / "absent") is None
    store.close()


def test_a_release_that_nobody_took_is_withdrawn(tmp_path: Path) -> None:
    ask_to_release(tmp_path, "looked at it", "me")
    assert withdraw_release(tmp_path)
    assert not release_waits(tmp_path)
    assert not withdraw_release(tmp_path)


@pytest.mark.parametrize(
    ("seconds", "least", "is_fresh"),
    [
        (50.0, 0.0, True),
        (50.1, 0.0, False),
        (-50.0, 0.0, True),
        (-50.1, 0.0, False),
        (50.1, 60.0, True),
        (60.1, 60.0, False),
    ],
)
def test_five_looks_may_be_missed_and_a_status_of_the_future_is_no_better(
    seconds: float, least: float, is_fresh: bool
) -> None:
    status = {"as_of": NOON.isoformat(), "every_seconds": 10.0}
    assert age_of(status, NOON + timedelta(seconds=seconds), least) == (seconds, is_fresh)


@pytest.mark.parametrize("is_well", [True, False])
def test_a_last_look_is_well_while_its_writer_looks(tmp_path: Path, is_well: bool) -> None:
    status = {"as_of": NOON.isoformat(), "every_seconds": 10.0, "is_well": is_well}
    (tmp_path / STATUS).write_text(json.dumps(status))
    assert last_look(tmp_path, "watchdog", NOON) == {**status, "age_seconds": 0.0}
    old = last_look(tmp_path, "watchdog", NOON + timedelta(seconds=51))
    assert (old["age_seconds"], old["is_well"]) == (51.0, False)


@pytest.mark.parametrize(
    "status",
    [
        {},
        {"as_of": NOON.isoformat()},
        {"as_of": "yesterday", "every_seconds": 1, "is_well": True},
        {"as_of": "2026-11-23T12:00:00", "every_seconds": 1, "is_well": True},
        {"as_of": NOON.isoformat(), "every_seconds": "often", "is_well": True},
        {"as_of": NOON.isoformat(), "every_seconds": 1},
        {"as_of": 5, "every_seconds": 1, "is_well": True},
    ],
)
def test_what_is_no_status_is_one_line(tmp_path: Path, status: dict[str, Any]) -> None:
    (tmp_path / STATUS).write_text(json.dumps(status))
    with pytest.raises(UsageError, match="to be the status of a watchdog") as error:
        last_look(tmp_path, "watchdog", NOON)
    assert "\n" not in str(error.value)


def test_without_a_status_it_says_whose_is_missing(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no control bot has left a status"):
        last_look(tmp_path, "control bot", NOON)
