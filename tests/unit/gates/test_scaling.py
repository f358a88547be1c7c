"""Steps of capital follow one another, and a review is a person's decision on record."""

from dataclasses import replace
from pathlib import Path

import pytest

from plimsoll.core import UsageError
from plimsoll.gates.criterion import Gate
from plimsoll.gates.judging import Judged
from plimsoll.gates.scaling import Decision, decision_of, next_step, recommended, step_below
from tests.support.evidence import Evidence
from tests.unit.gates.cases import case_of, file_all, judged_by_name


@pytest.mark.parametrize(
    ("capital", "above", "below"),
    [(500, 1_000, 0), (1_000, 2_000, 500), (2_000, 5_000, 1_000), (3_500, 5_000, 2_000)],
)
def test_steps(capital: float, above: float, below: float) -> None:
    assert (next_step(capital), step_below(capital)) == (above, below)


def test_nothing_is_above_the_last_step() -> None:
    assert next_step(5_000) == 5_000


@pytest.mark.parametrize(
    ("to", "capital", "decision"),
    [
        (1_000, 500, Decision.INCREASE),
        (3_000, 2_000, Decision.INCREASE),
        (500, 500, Decision.KEEP),
        (500, 1_000, Decision.DECREASE),
        (0, 1_000, Decision.WITHDRAW),
    ],
)
def test_a_change_of_capital_is_a_decision(to: float, capital: float, decision: Decision) -> None:
    assert decision_of(to, capital) is decision


@pytest.mark.parametrize(("to", "capital"), [(2_000, 500), (5_000, 1_000), (5_001, 5_000), (-1, 1)])
def test_no_step_is_skipped(to: float, capital: float) -> None:
    with pytest.raises(UsageError, match="expected --to"):
        decision_of(to, capital)


@pytest.fixture
def judged(tmp_path: Path) -> dict[str, Judged]:
    file_all(Evidence(), tmp_path)
    return judged_by_name(Gate.SCALE, case_of(Evidence(), tmp_path))


@pytest.mark.parametrize(
    ("name", "value", "capital", "said"),
    [
        ("", None, 500, Decision.INCREASE),
        ("attested", None, 500, Decision.INCREASE),
        ("step_profit", -5.0, 500, Decision.KEEP),
        ("step_days", 3.0, 500, Decision.KEEP),
        ("log_faults", None, 500, Decision.KEEP),
        ("step_drawdown", 0.2, 1_000, Decision.DECREASE),
        ("live_difference", 0.4, 1_000, Decision.DECREASE),
        ("position_breaks", 1.0, 500, Decision.WITHDRAW),
    ],
)
def test_what_the_evidence_speaks_for(
    judged: dict[str, Judged], name: str, value: float | None, capital: float, said: Decision
) -> None:
    changed = [
        replace(one, go=False, value=value) if one.criterion.name == name else one
        for one in judged.values()
    ]
    assert recommended(changed, capital) is said
