"""Evidence is gathered from what was filed; what is missing or cannot be read says so."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from plimsoll.gates.case import Case, gather, read
from plimsoll.gates.kinds import Kind
from plimsoll.gates.reading import EvidenceError
from plimsoll.gates.register import Register
from tests.support.evidence import NOW, Evidence
from tests.unit.gates.cases import case_of, file_all

EVIDENCE = Evidence()


def test_nothing_filed_is_nothing_there(tmp_path: Path) -> None:
    pieces = gather(Register(tmp_path), EVIDENCE.subject, ["walk-forward", "result SlowTrend"], NOW)
    assert pieces["walk-forward"].faults == ("none is on file for Mine",)
    assert pieces["result SlowTrend"].faults == ("none is on file for SlowTrend",)
    with pytest.raises(EvidenceError, match="there is no walk-forward"):
        Case(EVIDENCE.subject, NOW, pieces).reading("walk-forward")


def test_everything_that_was_filed_is_whole_and_fresh(tmp_path: Path) -> None:
    file_all(EVIDENCE, tmp_path)
    assert {
        name: one.faults for name, one in case_of(EVIDENCE, tmp_path).pieces.items()
    } == dict.fromkeys(case_of(EVIDENCE, tmp_path).pieces, ())


def test_a_copy_that_was_edited_is_no_evidence(tmp_path: Path) -> None:
    register = file_all(EVIDENCE, tmp_path)
    filed = register.newest(Kind.AUDIT, "Mine")
    assert filed is not None
    (register.folder / filed.copies[0].file).write_text("{}")
    [fault] = case_of(EVIDENCE, tmp_path).pieces["audit"].faults
    assert "changed by hand since it was filed" in fault


@pytest.mark.parametrize("name", ["code", "freqtrade", "config"])
def test_after_a_change_everything_that_was_made_before_is_stale(tmp_path: Path, name: str) -> None:
    register = file_all(EVIDENCE, tmp_path)
    subject = replace(EVIDENCE.subject, **{name: "other"})
    pieces = gather(register, subject, ["walk-forward", "paper", "result BuyAndHold"], NOW)
    assert all(one.faults for one in pieces.values())


def test_three_weeks_later_the_paper_record_is_old(tmp_path: Path) -> None:
    register = file_all(EVIDENCE, tmp_path)
    later = NOW + timedelta(days=21)
    [fault] = gather(register, EVIDENCE.subject, ["paper"], later)["paper"].faults
    assert "21 days old, at most 7 count" in fault


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("content", [b"", b"\x00\xff" * 40, b"[1, 2]", b'{"evidence": {}}'])
def test_bytes_of_any_kind_end_in_one_error_and_never_in_another(
    kind: Kind, content: bytes
) -> None:
    with pytest.raises(EvidenceError):
        read(kind, [content], NOW, strategy="Mine")
