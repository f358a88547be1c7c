"""The seats of one bot: each step holds, is logged, and is told."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from plimsoll.bridge.champions.requests import ModelRequest, answered, ask
from plimsoll.bridge.champions.seats import (
    Seats,
    Telling,
    asked_event,
    close_all,
    seats_in,
    slug,
)
from plimsoll.champions.errors import SeatError
from plimsoll.champions.events import CandleClosed, Promoted, RolledBack, TrainingFailed
from plimsoll.champions.policy import ChampionPolicy
from tests.unit.bridge.champions.stores import HOUR, NOON, made, writes

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
POLICY = ChampionPolicy(enabled=True, trial_outcomes=60)


class Heard:
    """What the log and the people were given."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []
        self.told: list[str] = []
        self.mentioned: list[str] = []

    def record(self, kind: str, at: object, *, durable: bool = False, **fields: Any) -> None:
        self.records.append({"kind": kind, **fields})


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def seats(tmp_path: Path, heard: Heard) -> Iterator[Seats]:
    telling = Telling(heard.record, heard.told.append, heard.mentioned.append)
    yield Seats(tmp_path / "champions/direction-1", POLICY, telling, candle_seconds=3600)
    close_all()


def test_each_pair_has_a_seat_of_its_own(seats: Seats) -> None:
    seats.train(BTC, made(), writes("trees"))
    assert seats.seat(BTC, NOON).champion is not None
    assert seats.seat(ETH, NOON).champion is None
    found = list(seats_in(seats.root.parent))
    assert [about["pair"] for _, about in found] == [BTC, ETH]
    assert {about["identifier"] for _, about in found} == {"direction-1"}


def test_a_trial_ends_in_one_decision_which_is_logged_and_told(seats: Seats, heard: Heard) -> None:
    for text in ("a", "b"):
        seats.train(BTC, made(), writes(text))
    price = 100.0
    for hour in range(62):
        price *= 1.01 if hour % 3 else 0.99
        opened = NOON + hour * HOUR
        held = {"v0001": -1, "v0002": 1}
        seats.take(BTC, CandleClosed(opened + HOUR, opened, 3600, price, held, 0.0))
        seats.decide(BTC, opened + HOUR)
    assert [one["event"] for one in heard.records] == ["trained", "trained", "promoted"]
    assert heard.records[-1]["evidence"]["outcomes"] == 60
    assert heard.records[-1]["by"] == "rule"
    assert [text[:1] for text in heard.told] == ["✅"]
    assert len(heard.mentioned) == 2


def test_a_step_that_a_kill_kept_from_the_log_is_told_at_the_next_start_once(
    seats: Seats, heard: Heard
) -> None:
    for text in ("a", "b"):
        seats.train(BTC, made(), writes(text))
    seats.store(BTC, NOON).append(Promoted(NOON, "v0002", "rule", "it is better"))
    assert [one["event"] for one in heard.records] == ["trained", "trained"]
    for _ in range(2):
        close_all()
        assert seats.seat(BTC, NOON + HOUR).champion is not None
    assert [one["event"] for one in heard.records] == ["trained", "trained", "promoted"]
    assert heard.records[-1]["reason"].startswith("it is better (of ")
    assert "before a kill" in heard.records[-1]["reason"]
    assert [text[:1] for text in heard.told] == ["✅"]


@pytest.mark.parametrize("content", [None, b"", b"many"])
def test_without_a_note_of_what_was_told_it_is_told_again(
    seats: Seats, heard: Heard, content: bytes | None
) -> None:
    seats.train(BTC, made(), writes("a"))
    told = seats.root / slug(BTC) / "told"
    close_all()
    told.unlink() if content is None else told.write_bytes(content)
    seats.seat(BTC, NOON)
    assert [one["event"] for one in heard.records] == ["trained", "trained"]


def test_changed_files_drop_a_version_and_say_so(seats: Seats, heard: Heard) -> None:
    version = seats.train(BTC, made(), writes("trees"))
    folder = seats.verified(BTC, version, NOON)
    assert folder is not None
    (folder / "model.txt").unlink()
    assert seats.verified(BTC, version, NOON) is None
    assert seats.seat(BTC, NOON).champion is None
    assert heard.records[-1]["event"] == "lost"
    assert "model.txt" in heard.told[-1]


def test_a_person_is_heard_and_answered(seats: Seats, heard: Heard) -> None:
    for text in ("a", "b"):
        seats.train(BTC, made(), writes(text))
    folder = seats.root / slug(BTC)
    for number, request in enumerate(
        [
            ModelRequest("promote", "", "seen enough", "Ada", "0"),
            ModelRequest("promote", "v0009", "no such model", "Ada", "1"),
        ]
    ):
        ask(folder, request)
        seats.hear(BTC, NOON)
        given = answered(folder, str(number))
        assert given is not None
        assert given.done is (number == 0)
    seats.hear(BTC, NOON)
    assert [one["by"] for one in heard.records if one["event"] == "promoted"] == ["Ada"]
    (folder / "request.json").write_text("{")
    seats.hear(BTC, NOON)


def test_what_a_person_asks_for_must_be_there(seats: Seats) -> None:
    seats.train(BTC, made(), writes("a"))
    seat = seats.seat(BTC, NOON)
    with pytest.raises(SeatError, match="expected a predecessor"):
        asked_event(ModelRequest("rollback", "", "odd", "Ada"), seat, NOON)
    with pytest.raises(SeatError, match="expected a challenger"):
        asked_event(ModelRequest("promote", "", "odd", "Ada"), seat, NOON)
    named = asked_event(ModelRequest("promote", "v0007", "odd", "Ada"), seat, NOON)
    assert isinstance(named, Promoted)
    seats.train(BTC, made(NOON + timedelta(days=1)), writes("b"))
    seats.take(BTC, Promoted(NOON, "v0002", "Ada", ""))
    back = asked_event(ModelRequest("rollback", "", "odd", "Ada"), seats.seat(BTC, NOON), NOON)
    assert back == RolledBack(NOON, "v0001", "Ada", "odd")


def test_a_failed_training_is_told_and_the_champion_stays(seats: Seats, heard: Heard) -> None:
    seats.train(BTC, made(), writes("a"))
    seats.take(BTC, TrainingFailed(NOON, "one class only"))
    assert seats.seat(BTC, NOON).champion is not None
    assert "one class only" in heard.mentioned[-1]
