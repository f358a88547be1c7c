"""What a command tells becomes evidence that reads back as it was written."""

import json
from datetime import UTC, datetime

import orjson

from plimsoll.gates.hashing import seal_fault
from plimsoll.gates.kinds import Kind
from plimsoll.gates.records import as_evidence

AT = datetime(2026, 11, 1, tzinfo=UTC)


def test_the_seal_holds_through_either_writer() -> None:
    body = {"at": AT, "nothing": float("nan"), "pair": ("a", 0.1), 7: {"set": frozenset({1})}}
    record = as_evidence(Kind.AUDIT, body, {"code": "c0de"}, AT)
    assert record["nothing"] is None
    for text in (json.dumps(record, indent=1), orjson.dumps(record)):
        assert seal_fault(json.loads(text)) is None
    assert record["evidence"] == {
        "format": 1,
        "kind": "audit",
        "at": "2026-11-01T00:00:00.000000+00:00",
        "made_with": {"code": "c0de"},
    }
