"""The table of criteria is whole: every row can be measured, mended and traced to its source."""

import pytest

from plimsoll.gates.criteria import BASELINES, CRITERIA, NAMES, criteria_of
from plimsoll.gates.criterion import Criterion, Gate, kind_of
from plimsoll.gates.kinds import COMMANDS, DAYS, Kind
from plimsoll.gates.measures import MEASURES
from tests.conftest import ROOT


def test_every_name_is_there_once_and_can_be_measured() -> None:
    assert len(NAMES) == len(CRITERIA)
    assert set(MEASURES) == NAMES


@pytest.mark.parametrize("gate", Gate)
def test_every_gate_asks_for_something(gate: Gate) -> None:
    assert len(criteria_of(gate, has_model=False)) >= 4


@pytest.mark.parametrize("criterion", CRITERIA, ids=lambda one: one.name)
def test_evidence_of_every_criterion_has_an_age_and_a_command(criterion: Criterion) -> None:
    assert criterion.rests_on
    for name in criterion.rests_on:
        assert kind_of(name) in DAYS
        assert kind_of(name) in COMMANDS
    assert criterion.source in ("plan", "paper", "ours")
    assert criterion.why


def test_every_kind_of_evidence_has_an_age_and_a_command() -> None:
    assert set(DAYS) == set(COMMANDS) == set(Kind)


@pytest.mark.parametrize("name", BASELINES)
def test_baselines_are_shipped(name: str) -> None:
    assert (ROOT / f"user_data/strategies/{name}.py").is_file()
