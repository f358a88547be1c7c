"""Go at the limit, no-go beyond it; and no-go for whatever is missing, doctored or no number."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from plimsoll.gates.case import Case, Piece
from plimsoll.gates.criteria import CRITERIA
from plimsoll.gates.criterion import Criterion, Gate, Sense
from plimsoll.gates.judging import asked_of, judge, parameter_faults
from tests.support.evidence import Evidence
from tests.unit.gates.cases import case_of, file_all, judged_by_name

FIGURES = {
    "data_errors": ("data-check", "errors"),
    "out_of_sample_days": ("walk-forward", "days"),
    "out_of_sample_trades": ("walk-forward", "trades"),
    "out_of_sample_sharpe": ("walk-forward", "sharpe_low"),
    "out_of_sample_drawdown": ("walk-forward", "drawdown"),
    "profitable_windows": ("walk-forward", "profitable_windows"),
    "too_good": ("walk-forward", "too_good"),
    "holding_minutes": ("walk-forward", "holding_minutes"),
    "daily_turnover": ("walk-forward", "daily_turnover"),
    "overfitting": ("paths", "overfitting"),
    "beats_no_trade": ("walk-forward", "mean_low"),
    "model_adds_value": ("comparison", "reasons"),
    "paper_days": ("paper", "days"),
    "paper_silence": ("paper", "silence_hours"),
    "paper_trades": ("paper", "trades"),
    "paper_profit": ("paper", "profit"),
    "paper_drawdown": ("paper", "drawdown"),
    "parity_difference": ("parity", "fraction"),
    "parity_days": ("parity", "days"),
    "log_faults": ("log", "faults"),
    "position_breaks": ("audit", "breaks"),
    "attested": ("attestation", "attested"),
    "step_days": ("live", "days"),
    "step_profit": ("live", "profit"),
    "step_drawdown": ("live", "drawdown"),
    "live_difference": ("parity", "fraction"),
}
"""Criteria whose value is one figure of one piece of evidence."""
MEASURED = [one for one in CRITERIA if one.name in FIGURES]
PASSING_AT_LIMIT = {
    Sense.AT_LEAST: True,
    Sense.AT_MOST: True,
    Sense.ABOVE: False,
    Sense.BELOW: False,
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Case:
    folder = tmp_path_factory.mktemp("evidence")
    file_all(Evidence(), folder)
    return case_of(Evidence(), folder)


def with_figure(case: Case, criterion: Criterion, value: float) -> Case:
    name, figure = FIGURES[criterion.name]
    piece = case.pieces[name]
    assert piece.reading is not None
    changed = replace(piece.reading, figures={**piece.reading.figures, figure: value})
    return replace(case, pieces={**case.pieces, name: Piece(name, piece.filed, changed)})


def goes(case: Case, criterion: Criterion, value: float) -> bool:
    [judged] = judge([criterion], with_figure(case, criterion, value))
    assert bool(judged.command) is not judged.go
    return judged.go


@pytest.mark.parametrize("criterion", MEASURED, ids=lambda one: one.name)
def test_a_criterion_at_its_exact_limit_and_one_step_beyond(
    whole: Case, criterion: Criterion
) -> None:
    limit, looser = criterion.limit, criterion.sense in (Sense.AT_LEAST, Sense.ABOVE)
    beyond = math.nextafter(limit, -math.inf if looser else math.inf)
    within = math.nextafter(limit, math.inf if looser else -math.inf)
    assert goes(whole, criterion, limit) is PASSING_AT_LIMIT[criterion.sense]
    assert not goes(whole, criterion, beyond)
    assert goes(whole, criterion, within)


@pytest.mark.parametrize("criterion", MEASURED, ids=lambda one: one.name)
def test_a_figure_that_is_no_number_is_no_go(whole: Case, criterion: Criterion) -> None:
    assert not goes(whole, criterion, math.nan)
    assert not goes(whole, criterion, math.inf)


@pytest.mark.parametrize("gate", Gate)
def test_good_evidence_is_a_go_at_every_gate(whole: Case, gate: Gate) -> None:
    judged = judged_by_name(gate, whole)
    assert {name: one.reason for name, one in judged.items() if not one.go} == {}


def test_only_a_model_is_asked_what_it_adds(whole: Case) -> None:
    plain, model = asked_of(Gate.LAB, {}), asked_of(Gate.LAB, {}, has_model=True)
    assert {one.name for one in model} - {one.name for one in plain} == {"model_adds_value"}
    assert all(one.go for one in judge(model, whole))


@pytest.mark.parametrize("criterion", CRITERIA, ids=lambda one: one.name)
def test_missing_evidence_is_no_go_with_the_command_that_makes_it(
    whole: Case, criterion: Criterion
) -> None:
    for name in criterion.rests_on:
        pieces = {key: one for key, one in whole.pieces.items() if key != name}
        [judged] = judge([criterion], replace(whole, pieces=pieces))
        assert not judged.go
        assert judged.reason == f"{name}: there is none"
        assert judged.command


@pytest.mark.parametrize("criterion", CRITERIA, ids=lambda one: one.name)
def test_evidence_with_a_fault_is_no_go_whatever_it_states(
    whole: Case, criterion: Criterion
) -> None:
    for name in criterion.rests_on:
        piece = whole.pieces[name]
        assert piece.reading is not None
        faulty = Piece(name, piece.filed, piece.reading.with_faults("it was changed by hand"))
        [judged] = judge([criterion], replace(whole, pieces={**whole.pieces, name: faulty}))
        assert not judged.go
        assert "it was changed by hand" in judged.reason


def test_a_baseline_that_is_missing_is_backtested_by_its_own_name(whole: Case) -> None:
    pieces = {key: one for key, one in whole.pieces.items() if key != "result SlowTrend"}
    judged = judged_by_name(Gate.LAB, replace(whole, pieces=pieces))["beats_slow_trend"]
    assert judged.command.startswith("freqtrade backtesting --strategy SlowTrend")


def test_limits_of_a_config_take_the_place_of_the_shipped_ones(whole: Case) -> None:
    assert judged_by_name(Gate.PAPER, whole)["paper_days"].go
    assert not judged_by_name(Gate.PAPER, whole, {"paper_days": 101})["paper_days"].go


@pytest.mark.parametrize(
    ("values", "best", "faults"),
    [
        ({}, {}, 0),
        ({"buy.length": 20}, {"buy.length": 20}, 0),
        ({"buy.length": 20}, {"length": 20.0}, 0),
        ({"buy.length": 20}, {"buy.length": 21}, 1),
        ({}, {"buy.length": 21}, 1),
        ({"buy.on": 1}, {"buy.on": True}, 1),
        ({"roi.0": 0.1}, {"roi.0": 0.1}, 0),
    ],
)
def test_parameters_are_those_of_the_last_window(
    whole: Case, values: dict[str, Any], best: dict[str, Any], faults: int
) -> None:
    reading = whole.pieces["walk-forward"].reading
    assert reading is not None
    reading = replace(reading, facts={**reading.facts, "parameters": best})
    assert len(parameter_faults(reading, replace(whole.subject, values=values))) == faults


def test_a_strategy_without_an_edge_does_not_leave_the_sandbox(tmp_path: Path) -> None:
    from tests.support.evidence import edge

    lucky = Evidence(returns=edge(11, mean=0.0))
    file_all(lucky, tmp_path)
    judged = judged_by_name(Gate.SANDBOX, case_of(lucky, tmp_path))
    assert not judged["out_of_sample_sharpe"].go
    assert not judged_by_name(Gate.LAB, case_of(lucky, tmp_path))["deflated_sharpe"].go
