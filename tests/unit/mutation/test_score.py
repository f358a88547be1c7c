"""The mutation score: what counts as noticed, and what is no score."""

import pytest

from plimsoll.core import PlimsollError
from tests.mutation.__main__ import score_of


def test_survivors_are_named_and_untried_mutants_do_not_count() -> None:
    found = score_of(
        {"a": "killed", "b": "survived", "c": "timeout", "d": "no tests", "e": "not checked"}
    )
    assert (found["mutants"], found["noticed"], found["noticed_fraction"]) == (4, 2, 0.5)
    assert found["survivors"] == ["b", "d"]
    assert found["outcomes"] == {"killed": 1, "no_tests": 1, "survived": 1, "timeout": 1}


def test_an_interrupted_run_and_one_without_mutants_give_no_score() -> None:
    with pytest.raises(PlimsollError, match="interrupted"):
        score_of({"a": "killed", "b": "check was interrupted by user"})
    with pytest.raises(PlimsollError, match="none that was tried"):
        score_of({"a": "not checked"})
