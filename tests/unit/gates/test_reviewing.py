"""What a person may decide at a review."""

from collections.abc import Sequence

import pytest

from plimsoll.core import PlimsollError, UsageError
from plimsoll.gates.criteria import criteria_of
from plimsoll.gates.criterion import Gate
from plimsoll.gates.judging import Judged
from plimsoll.gates.reviewing import capital_after, measured, spoken_for
from plimsoll.gates.scaling import Decision


def judged(*failing: str, unknown: Sequence[str] = ()) -> tuple[Judged, ...]:
    """Every criterion of scaling; the attested ones never pass here: nobody has said a word."""
    rows = []
    for one in criteria_of(Gate.SCALE, has_model=False):
        word = "attestation" in one.rests_on
        go = not word and one.name not in failing and one.name not in unknown
        value = None if word or one.name in unknown else 1.0
        rows.append(Judged(one, go, value, "it fell short", one.rests_on, ""))
    return tuple(rows)


def test_all_that_is_measured_passes_speaks_for_an_increase() -> None:
    assert {one.criterion.name for one in measured(judged())} >= {"step_days", "step_drawdown"}
    assert spoken_for(judged(), 500.0) is Decision.INCREASE
    assert capital_after(Decision.INCREASE, judged(), 500.0, "") == 1_000.0


def test_an_increase_is_refused_for_each_criterion_that_is_not_met() -> None:
    for one in measured(judged()):
        with pytest.raises(PlimsollError, match=f"no increase: 1 of .*{one.criterion.name}"):
            capital_after(Decision.INCREASE, judged(one.criterion.name), 500.0, "")
    with pytest.raises(PlimsollError, match="step_days"):
        capital_after(Decision.INCREASE, judged(unknown=["step_days"]), 500.0, "")
    with pytest.raises(PlimsollError, match="no increase"):
        capital_after(Decision.INCREASE, (), 500.0, "")


def test_no_increase_without_a_verdict_that_counts() -> None:
    with pytest.raises(PlimsollError, match="no gate has given it any"):
        capital_after(Decision.INCREASE, judged(), None, "")
    with pytest.raises(PlimsollError, match="the live gate was not judged"):
        capital_after(Decision.INCREASE, judged(), 500.0, "the live gate was not judged")


@pytest.mark.parametrize(
    ("decision", "capital", "after"),
    [
        (Decision.KEEP, 1_000.0, 1_000.0),
        (Decision.DECREASE, 1_000.0, 500.0),
        (Decision.WITHDRAW, 1_000.0, 0.0),
        (Decision.KEEP, None, None),
        (Decision.WITHDRAW, None, None),
    ],
)
def test_less_may_be_decided_whatever_was_measured(
    decision: Decision, capital: float | None, after: float | None
) -> None:
    assert capital_after(decision, judged("step_profit"), capital, "") == after


@pytest.mark.parametrize(
    ("decision", "capital"), [(Decision.DECREASE, 500.0), (Decision.INCREASE, 5_000.0)]
)
def test_there_is_no_step_beyond_the_ends(decision: Decision, capital: float) -> None:
    with pytest.raises(UsageError, match="there is no step"):
        capital_after(decision, judged(), capital, "")


def test_a_measured_failure_of_safety_speaks_for_less() -> None:
    assert spoken_for(judged("step_drawdown"), 1_000.0) is Decision.DECREASE
    assert spoken_for(judged("step_drawdown"), 500.0) is Decision.WITHDRAW
    assert spoken_for(judged("step_profit"), 500.0) is Decision.KEEP
    assert spoken_for(judged(), None) is Decision.KEEP
