"""The probability of overfitting is that of its splits."""

from typing import Any

import pytest

from plimsoll.gates.evidence.paths import read_paths
from plimsoll.gates.reading import EvidenceError
from tests.support.evidence import Evidence, as_bytes

EVIDENCE = Evidence()


def with_overfitting(**changed: Any) -> bytes:
    record = EVIDENCE.paths()
    record["overfitting"] = {**record["overfitting"], **changed}
    return as_bytes(record)


def test_it_is_read_with_whose_it_is() -> None:
    reading = read_paths(as_bytes(EVIDENCE.paths()))
    assert (reading.figures, reading.strategy, reading.faults) == ({"overfitting": 0.1}, "Mine", ())


def test_a_stated_probability_that_the_splits_do_not_give_is_a_fault() -> None:
    reading = read_paths(with_overfitting(logits=[1.0, 0.0, -1.0, 1.0]))
    assert reading.figures["overfitting"] == 0.5
    assert reading.faults == ("it states a probability of 10.0%, its splits give 50.0%",)


def test_a_probability_beyond_one_is_a_fault() -> None:
    assert read_paths(with_overfitting(probability=-0.2, logits=None)).faults


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", as_bytes({"overfitting": None}), with_overfitting(probability=float("nan"))],
)
def test_anything_else_is_no_evidence(content: bytes) -> None:
    with pytest.raises(EvidenceError):
        read_paths(content)
    with pytest.raises(EvidenceError):
        read_paths(with_overfitting(logits=[float("nan")]))
