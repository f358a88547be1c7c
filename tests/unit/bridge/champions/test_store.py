"""A seat on the disk: one writer, the same seat after a restart, a kill or damage."""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from plimsoll.bridge.champions.store import (
    JOURNAL,
    LOCK,
    STATE,
    SeatStore,
    is_taken,
    read_seat,
    read_state,
)
from plimsoll.champions.errors import SeatError
from plimsoll.champions.events import (
    CandleClosed,
    Promoted,
    Started,
    TradeClosed,
    TrainingBegan,
    TrainingFailed,
    seat_record,
)
from plimsoll.champions.seat import EMPTY, Seat
from plimsoll.core import PlimsollError
from tests.conftest import ROOT
from tests.unit.bridge.champions.stores import HOUR, NOON, made, trained, writes


def candles(store: SeatStore, count: int, *, first: int = 0) -> None:
    names = [version.name for version in store.seat.forecasting]
    for number in range(first, first + count):
        opens = NOON + number * HOUR
        store.append(
            CandleClosed(opens + HOUR, opens, 3600, 100.0 + number, dict.fromkeys(names, 1), 0.0)
        )


def without_start(seat: Seat) -> dict[str, Any]:
    return {key: value for key, value in seat_record(seat).items() if key != "seq"}


def test_a_restart_finds_the_same_seat(tmp_path: Path) -> None:
    with SeatStore(tmp_path, NOON) as store:
        trained(store, 3)
        candles(store, 30)
        store.append(Promoted(NOON + 30 * HOUR, "v0002", "Ada", "seen enough"))
        before = store.seat
    with SeatStore(tmp_path, NOON) as store:
        assert without_start(store.seat) == without_start(before)
    assert read_seat(tmp_path).champion == before.champion


def test_a_reader_sees_what_a_running_bot_has_written(tmp_path: Path) -> None:
    with SeatStore(tmp_path, NOON) as store:
        trained(store, 2)
        candles(store, 3)
        assert read_seat(tmp_path) == store.seat
        assert is_taken(tmp_path)
    assert not is_taken(tmp_path)


def test_a_second_bot_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    with SeatStore(tmp_path, NOON) as store:
        trained(store)
        before = (tmp_path / JOURNAL).read_bytes()
        with pytest.raises(PlimsollError, match="found another one; give each bot"):
            SeatStore(tmp_path, NOON)
        code = (
            "import sys; from pathlib import Path; from datetime import datetime, UTC\n"
            "from plimsoll.bridge.champions.store import SeatStore\n"
            "SeatStore(Path(sys.argv[1]), datetime.now(UTC))"
        )
        other = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, cwd=ROOT
        )
        assert other.returncode == 1
        assert "expected to be the only bot with the models" in other.stderr
        assert (tmp_path / JOURNAL).read_bytes() == before


def test_an_event_that_does_not_fit_is_not_written(tmp_path: Path) -> None:
    with SeatStore(tmp_path, NOON) as store:
        trained(store)
        before = (tmp_path / JOURNAL).read_bytes()
        with pytest.raises(SeatError):
            store.append(Promoted(NOON, "v0009", "Ada", "no such model"))
        assert (tmp_path / JOURNAL).read_bytes() == before


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.9, 0.99])
def test_a_state_file_cut_short_is_written_anew_from_the_journal(
    tmp_path: Path, share: float
) -> None:
    with SeatStore(tmp_path, NOON) as store:
        trained(store, 2)
        candles(store, 5)
        before = store.seat
    content = (tmp_path / STATE).read_bytes()
    (tmp_path / STATE).write_bytes(content[: int(len(content) * share)])
    with pytest.raises(PlimsollError, match="expected a whole state"):
        read_state(tmp_path)
    with SeatStore(tmp_path, NOON) as store:
        assert without_start(store.seat) == without_start(before)
        assert read_state(tmp_path) == store.seat


@pytest.mark.parametrize("cut", [1, 20, 200])
def test_an_event_cut_off_at_the_end_never_held(tmp_path: Path, cut: int) -> None:
    with SeatStore(tmp_path, NOON) as store:
        trained(store, 2)
        before = store.seat
        store.append(TrainingFailed(NOON, "x" * 300))
    content = (tmp_path / JOURNAL).read_bytes()
    (tmp_path / JOURNAL).write_bytes(content[:-cut])
    with SeatStore(tmp_path, NOON) as store:
        assert without_start(store.seat) == without_start(before)
        assert store.notices == ["the last event was cut off by a kill and never held"]
        candles(store, 3)
    assert read_seat(tmp_path).candle == NOON + 2 * HOUR


def test_a_damaged_journal_is_set_aside_and_the_state_goes_on(tmp_path: Path) -> None:
    with SeatStore(tmp_path, NOON) as store:
        trained(store, 2)
        before = store.seat
    lines = (tmp_path / JOURNAL).read_bytes().splitlines(keepends=True)
    (tmp_path / JOURNAL).write_bytes(b"".join([*lines[:1], *lines[2:]]))
    with SeatStore(tmp_path, NOON) as store:
        assert without_start(store.seat) == without_start(before)
        assert "the journal was not whole" in store.notices[0]
    assert len(list(tmp_path.glob("*.damaged"))) == 1


def test_without_journal_and_state_nobody_is_made_champion(tmp_path: Path) -> None:
    with SeatStore(tmp_path, NOON) as store:
        trained(store, 2)
    for name in (JOURNAL, STATE):
        (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:50])
    for opened in (lambda: SeatStore(tmp_path, NOON), lambda: read_seat(tmp_path)):
        with pytest.raises(PlimsollError, match=r"not known|no seat can be read"):
            opened()
    (tmp_path / JOURNAL).unlink()
    (tmp_path / STATE).unlink()
    with pytest.raises(PlimsollError, match=r"move .* away to begin anew"):
        SeatStore(tmp_path, NOON)


def test_versions_without_an_event_are_removed_and_their_names_not_given_again(
    tmp_path: Path,
) -> None:
    with SeatStore(tmp_path, NOON) as store:
        trained(store)
        store.versions.store(made(), writes("killed before it was written down"))
    with SeatStore(tmp_path, NOON) as store:
        assert [one.name for one in store.versions.path.iterdir() if one.is_dir()] == ["v0001"]
        assert [one.name for one in trained(store)] == ["v0003"]


def test_a_training_that_was_killed_is_tried_again(tmp_path: Path) -> None:
    with SeatStore(tmp_path, NOON) as store:
        trained(store)
        store.append(TrainingBegan(NOON, "24 h"))
    with SeatStore(tmp_path, NOON) as store:
        assert store.seat.training_since is None
        assert store.seat.champion is not None


def test_a_clock_set_back_a_day_is_noticed_over_a_restart(tmp_path: Path) -> None:
    with SeatStore(tmp_path, NOON) as store:
        trained(store, 2)
    yesterday = NOON - timedelta(days=1)
    with SeatStore(tmp_path, yesterday) as store:
        assert store.seat.latest_at == NOON
        store.append(TradeClosed(yesterday, yesterday, "champion", 0.0))
        assert store.seat.latest_at == NOON


def test_a_long_journal_begins_again_with_the_seat(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plimsoll.bridge.champions.store.NEW_JOURNAL_AFTER", 60)
    with SeatStore(tmp_path, NOON) as store:
        trained(store, 2)
        candles(store, 130)
        before = store.seat
        assert len((tmp_path / JOURNAL).read_bytes().splitlines()) < 50
    with SeatStore(tmp_path, NOON) as store:
        assert without_start(store.seat) == without_start(before)


def test_an_empty_folder_begins_with_nobody(tmp_path: Path) -> None:
    with SeatStore(tmp_path / "new", NOON) as store:
        assert without_start(store.seat) == {**without_start(EMPTY), "latest_at": NOON_TEXT}
        store.close()
        store.close()
        with pytest.raises(PlimsollError, match="closed"):
            store.append(Started(NOON))


NOON_TEXT = "2026-11-20T12:00:00Z"


def sweep(folder: Path, moments: int, every: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.unit.bridge.champions.killed"]
    done = subprocess.run(
        [*command, str(folder), str(moments), str(every)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_bot_killed_while_it_writes_has_the_old_champion_or_the_new(tmp_path: Path) -> None:
    found = sweep(tmp_path / "seat", 6, 6)
    assert found["faults"] == []
    assert found["points"] > 15
    assert found["in_promotion"] > 0


@pytest.mark.slow
def test_a_bot_killed_at_every_write_and_fifty_moments_has_a_champion(tmp_path: Path) -> None:
    found = sweep(tmp_path / "seat", 50, 1)
    assert found["faults"] == []
    assert found["killed"] > 120
    assert found["in_promotion"] > 15


def test_the_lock_of_a_killed_bot_stops_nobody(tmp_path: Path) -> None:
    with SeatStore(tmp_path, NOON):
        pass
    assert (tmp_path / LOCK).exists()
    SeatStore(tmp_path, NOON).close()
