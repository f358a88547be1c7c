"""Evidence is fresh, of this subject, and of numbers and moments."""

from dataclasses import replace
from datetime import timedelta

import pytest

from plimsoll.gates.kinds import DAYS, Kind
from plimsoll.gates.reading import EvidenceError, Reading, age_faults, moment, number
from tests.support.evidence import NOW, Evidence

SUBJECT = Evidence().subject


def reading(**changed: object) -> Reading:
    made = {"kind": Kind.PARITY, "strategy": "Mine", "made_at": NOW, **changed}
    return Reading(**made)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", Kind)
def test_evidence_is_too_old_just_beyond_its_days(kind: Kind) -> None:
    at = NOW - timedelta(days=DAYS[kind])
    assert age_faults(reading(kind=kind, made_at=at), NOW) == []
    [fault] = age_faults(reading(kind=kind, made_at=at - timedelta(seconds=1)), NOW)
    assert f"at most {DAYS[kind]} count" in fault


def test_evidence_of_the_future_is_none() -> None:
    assert age_faults(reading(made_at=NOW + timedelta(minutes=5)), NOW) == []
    [fault] = age_faults(reading(made_at=NOW + timedelta(minutes=6)), NOW)
    assert "of the future" in fault


def test_evidence_without_a_moment_is_none() -> None:
    assert age_faults(reading(made_at=None), NOW) == ["it does not say when it was made"]


@pytest.mark.parametrize(
    "name", ["code", "source", "parameters", "config", "freqtrade", "plimsoll"]
)
def test_evidence_of_another_subject_is_stale(name: str) -> None:
    made_with = {**SUBJECT.as_record(), name: "other"}
    [fault] = reading(made_with=made_with).judged_fresh(SUBJECT, NOW).faults
    assert fault.startswith("another ")


def test_evidence_of_this_subject_is_fresh() -> None:
    assert reading(made_with=SUBJECT.as_record()).judged_fresh(SUBJECT, NOW).faults == ()


def test_a_baseline_has_a_file_of_its_own_but_the_same_code() -> None:
    other = {**SUBJECT.as_record(), "strategy": "BuyAndHold", "source": "theirs"}
    baseline = reading(strategy="BuyAndHold", made_with=other)
    assert baseline.judged_fresh(SUBJECT, NOW).faults == ()
    newer = replace(SUBJECT, code="newer")
    assert baseline.judged_fresh(newer, NOW).faults == (
        "another code of the package (c0de, now newer)",
    )


@pytest.mark.parametrize("text", ["", "soon", None, 7, "2026-11-01T00:00:00"])
def test_what_is_no_moment_with_a_zone_is_refused(text: object) -> None:
    with pytest.raises(EvidenceError):
        moment(text, "at")


@pytest.mark.parametrize("value", [None, "1", True, float("nan"), float("inf"), [1]])
def test_what_is_no_finite_number_is_refused(value: object) -> None:
    with pytest.raises(EvidenceError, match="value"):
        number({"value": value}, "value")
