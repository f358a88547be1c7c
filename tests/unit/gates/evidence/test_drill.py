"""A certificate is as green as its rows, and holds for what was drilled."""

from typing import Any

import pytest

from plimsoll.gates.evidence.drill import changed_since, failures, read_certificate
from plimsoll.gates.reading import EvidenceError
from tests.support.evidence import Evidence, as_bytes

EVIDENCE = Evidence()
GREEN = ("drawdown", "none", "live")
RED = {
    "scenario": "daily_loss",
    "fault": "none",
    "mode": "live",
    "failure": "",
    "checks": [{"name": "flat", "ok": False}],
}


def with_row(row: dict[str, Any], **changed: Any) -> bytes:
    rows = [*EVIDENCE.certificate()["rows"], row]
    return as_bytes(EVIDENCE.certificate(rows=rows, **changed))


def test_a_green_certificate_has_no_failure() -> None:
    reading = read_certificate(as_bytes(EVIDENCE.certificate()))
    assert reading.faults == ()
    assert failures(reading, [GREEN]) == 0


def test_a_missing_row_is_a_failure() -> None:
    reading = read_certificate(as_bytes(EVIDENCE.certificate()))
    assert failures(reading, [GREEN, ("daily_loss", "none", "live")]) == 1


@pytest.mark.parametrize(
    "row", [RED, {**RED, "checks": []}, {**RED, "checks": [{"ok": True}], "failure": "no bot"}]
)
def test_a_row_is_judged_by_its_checks(row: dict[str, Any]) -> None:
    reading = read_certificate(with_row(row, ok=False))
    assert failures(reading, [GREEN]) == 1
    assert reading.faults == ()


def test_a_certificate_that_calls_red_rows_green_is_doctored() -> None:
    assert read_certificate(with_row(RED)).faults == ("it says that all is green, 1 rows are red",)


def test_a_certificate_that_was_edited_says_so() -> None:
    told = read_certificate(with_row(RED, ok=False))
    record = EVIDENCE.certificate(rows=[*EVIDENCE.certificate()["rows"], RED], ok=False)
    record["rows"][1] = {**RED, "checks": [{"name": "flat", "ok": True}]}
    assert told.faults == ()
    [fault] = read_certificate(as_bytes(record)).faults
    assert "changed by hand" in fault
    del record["sha256"]
    assert read_certificate(as_bytes(record)).faults == ("it has no seal",)


def test_the_same_row_twice_is_a_fault() -> None:
    row = EVIDENCE.certificate()["rows"][0]
    assert read_certificate(with_row(row)).faults == ("it has the same row twice",)


def test_what_changed_since_the_drill_is_named() -> None:
    reading = read_certificate(as_bytes(EVIDENCE.certificate()))
    now = {"code": "c0de", "drill": "e", "freqtrade": "2026.9"}
    assert changed_since(reading, now) == ["another drill (d, now e)"]


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", as_bytes({"format": 2}), as_bytes({"format": 1, "rows": 3})],
)
def test_anything_else_is_no_certificate(content: bytes) -> None:
    with pytest.raises(EvidenceError):
        read_certificate(content)
