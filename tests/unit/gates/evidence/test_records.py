"""Sealed records: whole, or no evidence."""

import json
from typing import Any

import pytest

from plimsoll.gates.evidence.records import read_record
from plimsoll.gates.hashing import with_seal
from plimsoll.gates.kinds import Kind
from plimsoll.gates.reading import EvidenceError
from tests.support.evidence import Evidence, as_bytes

EVIDENCE = Evidence()
WHOLE = {
    Kind.DATA_CHECK: EVIDENCE.data_check(),
    Kind.PARITY: EVIDENCE.parity(),
    Kind.AUDIT: EVIDENCE.audit(),
    Kind.LOG: EVIDENCE.log(),
    Kind.ATTESTATION: EVIDENCE.attestation(),
    Kind.COMPARISON: EVIDENCE.comparison(),
}


@pytest.mark.parametrize("kind", WHOLE)
def test_a_record_as_its_command_wrote_it_has_no_fault(kind: Kind) -> None:
    reading = read_record(as_bytes(WHOLE[kind]))
    assert (reading.kind, reading.faults) == (kind, ())


@pytest.mark.parametrize("kind", WHOLE)
def test_layout_is_no_change(kind: Kind) -> None:
    assert read_record(json.dumps(WHOLE[kind], indent=4, sort_keys=True).encode()).faults == ()


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        (Kind.DATA_CHECK, "datadir", "elsewhere"),
        (Kind.PARITY, "matched", 41),
        (Kind.AUDIT, "compared", True),
        (Kind.LOG, "records", 9_001),
        (Kind.ATTESTATION, "by", "Grace"),
        (Kind.COMPARISON, "trials", 2),
    ],
)
def test_a_record_that_was_edited_says_so(kind: Kind, name: str, value: Any) -> None:
    [fault] = read_record(as_bytes({**WHOLE[kind], name: value})).faults
    assert "changed by hand" in fault


@pytest.mark.parametrize("kind", WHOLE)
def test_a_record_without_its_seal_says_so(kind: Kind) -> None:
    record = {name: value for name, value in WHOLE[kind].items() if name != "sha256"}
    assert read_record(as_bytes(record)).faults == ("it has no seal",)


@pytest.mark.parametrize(
    ("kind", "changed", "said"),
    [
        (Kind.DATA_CHECK, {"findings": [{"severity": "error"}]}, "counts 0 errors and lists 1"),
        (Kind.AUDIT, {"breaks": [{}]}, "says sound True and lists 1 breaks"),
        (Kind.AUDIT, {"sound": False}, "says sound False and lists 0 breaks"),
        (Kind.LOG, {"whole": False}, "says that it is whole and names a fault, or neither"),
        (Kind.ATTESTATION, {"reason": " "}, "no name or no reason"),
        (Kind.ATTESTATION, {"capital_usd": None}, "capital_usd to be a number"),
        (Kind.PARITY, {"until": "2020-01-01T00:00:00+00:00"}, "ends before it begins"),
        (Kind.PARITY, {"since": "2020-01-01"}, "to say its zone"),
        (Kind.COMPARISON, {"first_day": "2020-01-01"}, "to say its zone"),
        (Kind.COMPARISON, {"trials": 0}, "trials must be 1 or more"),
        (
            Kind.COMPARISON,
            {"daily_returns": {"candidate": [0.1, 0.2], "baseline": [0.1]}},
            "lacks 1 of the 2 days",
        ),
    ],
)
def test_a_sealed_record_that_contradicts_itself_is_no_evidence(
    kind: Kind, changed: dict[str, Any], said: str
) -> None:
    with pytest.raises(EvidenceError, match=said):
        read_record(as_bytes(with_seal({**WHOLE[kind], **changed})))


@pytest.mark.parametrize(
    "content",
    [b"", b"nonsense", b"[]", b"{}", as_bytes({"evidence": {"format": 1, "kind": "tea"}})],
)
def test_anything_else_is_no_evidence(content: bytes) -> None:
    with pytest.raises(EvidenceError):
        read_record(content)


def test_a_record_of_another_format_is_no_evidence() -> None:
    record = EVIDENCE.audit()
    record["evidence"]["format"] = 2
    with pytest.raises(EvidenceError, match="format 1"):
        read_record(as_bytes(with_seal(record)))


def test_parity_of_nothing_has_no_figure() -> None:
    record = EVIDENCE.parity(matched=0, only_a=0, verdict={"fraction": 0.0})
    figure = read_record(as_bytes(record)).figures["fraction"]
    assert figure != figure


def test_a_comparison_is_made_again_from_its_days() -> None:
    better = read_record(as_bytes(EVIDENCE.comparison(compared={"why": ["bad"]})))
    assert better.figures["reasons"] == 0
    same = [float(one) for one in EVIDENCE.returns]
    worse = EVIDENCE.comparison(
        daily_returns={"candidate": same, "baseline": [2 * x for x in same]}
    )
    assert read_record(as_bytes(worse)).figures["reasons"] > 0
