from dataclasses import fields
from typing import Any

import orjson
import pytest

from plimsoll.core.errors import UsageError
from plimsoll.venue.account.events import EVENTS, FundingPaid, OrderEnded, from_record, to_record

SAMPLES: dict[Any, Any] = {
    int: 7,
    float: 0.1 + 0.2,
    str: "text",
    bool: True,
    tuple[str, ...]: ("BTCUSDT",),
    tuple[float, ...]: (1e-05,),
}


@pytest.mark.parametrize("name", EVENTS)
def test_every_event_survives_a_line_of_json(name: str) -> None:
    kind = EVENTS[name]
    values = {field.name: SAMPLES.get(field.type) for field in fields(kind)}
    event = kind(**values)
    assert from_record(orjson.loads(orjson.dumps(to_record(event)))) == event


def test_lists_come_back_as_tuples() -> None:
    event = FundingPaid(1, 2, ("BTCUSDT",), (0.0001,), (60_000.0,))
    read = from_record(orjson.loads(orjson.dumps(to_record(event))))
    assert isinstance(read, FundingPaid)
    assert hash(read) == hash(event)


@pytest.mark.parametrize("change", [{"event": "Nothing"}, {"reason": None, "more": 1}])
def test_what_is_no_event_is_refused(change: dict[str, Any]) -> None:
    record = to_record(OrderEnded(1, 2, 3, "BTCUSDT", "CANCELED", 0)) | change
    with pytest.raises(UsageError, match="expected an event"):
        from_record(record)
