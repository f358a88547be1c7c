import json
from typing import Any

import pytest

from plimsoll.champions.errors import SeatError
from plimsoll.champions.events import (
    Drifted,
    Event,
    Lost,
    Promoted,
    Refused,
    Reviewed,
    RolledBack,
    Started,
    TradeClosed,
    Trained,
    TrainingBegan,
    TrainingFailed,
    event_from,
    event_record,
    seat_from,
    seat_record,
)
from plimsoll.champions.seat import EMPTY
from tests.unit.champions.seats import HOUR, NOON, candle, seated, version, walked

EVENTS: list[Event] = [
    Started(NOON),
    TrainingBegan(NOON, "24 h"),
    TrainingFailed(NOON, "one class only"),
    Trained(NOON, version("v1")),
    candle(NOON, {"v1": 1, "v2": None}),
    candle(NOON, {}, None),
    TradeClosed(NOON, NOON, "challenger", -0.01),
    Drifted(NOON, "rsi"),
    Promoted(NOON, "v2", "rule", "better", {"p_value": 0.01}),
    Refused(NOON, "v2", "worse"),
    Reviewed(NOON, "v1", "as before"),
    RolledBack(NOON, "v1", "Ada", "odd"),
    Lost(NOON, "v1", "gone"),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.kind)
def test_an_event_is_the_same_after_it_was_written_and_read(event: Event) -> None:
    assert event_from(json.loads(json.dumps(event_record(event)))) == event


def test_a_seat_is_the_same_after_it_was_written_and_read() -> None:
    closes: list[float | None] = [100.0, 101.0, None, 99.0]
    seat = walked(seated("v1", "v2", "v3"), {"v1": 1, "v2": -1}, closes, since=NOON + HOUR)
    assert seat.trial.outcomes
    for one in (EMPTY, seat):
        assert seat_from(json.loads(json.dumps(seat_record(one)))) == one


@pytest.mark.parametrize(
    "record",
    [
        None,
        {},
        {"kind": "crowned", "at": "2026-11-20T12:00:00Z"},
        {"kind": "promoted", "at": "yesterday", "version": "v2", "by": "rule", "reason": ""},
        {"kind": "trained", "at": "2026-11-20T12:00:00Z"},
    ],
)
def test_what_is_no_event_is_refused_in_one_line(record: Any) -> None:
    with pytest.raises(SeatError, match="expected an event of a seat, found"):
        event_from(record)


def test_what_is_no_seat_is_refused_in_one_line() -> None:
    with pytest.raises(SeatError, match="expected the state of a seat, found"):
        seat_from({"champion": "v1"})
