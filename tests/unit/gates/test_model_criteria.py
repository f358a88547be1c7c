"""What is asked of models alone."""

from plimsoll.gates.criteria import CRITERIA
from plimsoll.gates.criterion import Gate
from plimsoll.gates.model_criteria import MODEL_CRITERIA


def test_they_are_asked_before_paper_and_of_models_only() -> None:
    assert [one for one in CRITERIA if one.models_only] == list(MODEL_CRITERIA)
    assert {one.gates for one in MODEL_CRITERIA} == {(Gate.LAB,)}
