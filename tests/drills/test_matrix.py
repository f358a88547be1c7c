"""The drill matrix itself: green where the bot does as it should, red where it does not."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from plimsoll.bridge.config.settings import OBSERVE_OPT_IN
from plimsoll.lab.drilling import closing_row
from plimsoll.lab.drilling.certificate import Subject, faults_of, make_certificate
from plimsoll.lab.drilling.fault import ORDER, Fault, start
from plimsoll.lab.drilling.faults import FAULTS
from plimsoll.lab.drilling.row import Cell, Row
from plimsoll.lab.drilling.run import MatrixPlan, read_rows, run_matrix
from plimsoll.lab.drilling.scenarios import SCENARIOS

pytestmark = pytest.mark.freqtrade
PATIENCE = 2.0
"""How much longer than on two quiet cores a row may take; the suite runs two at a time."""
SOON = 0.25
BRIEF_SECONDS = 30.0
"""What never comes need not be waited for as long as what comes late."""


def drilled(out: Path, *cells: Cell, patience: float = PATIENCE) -> list[Row]:
    plan = MatrixPlan(cells=cells, out=out, workers=1, patience=patience, speed=60.0)
    return run_matrix(plan, lambda *_: None)


def certificate(rows: list[Row], wanted: int) -> dict[str, Any]:
    return make_certificate(Subject(), rows, wanted=wanted, modes=("live",), seed=7, seconds=1.0)


def test_a_halt_through_an_unanswered_exit_is_green_and_certified(tmp_path: Path) -> None:
    cell = Cell("drawdown", "order-unanswered", "live")
    [row] = drilled(tmp_path, cell)
    assert row.ok, row.why
    assert {one.name for one in row.checks} >= {
        "the fault struck",
        "only orders that close",
        "exchange flat",
        "no orphaned order or stop",
        "database and exchange agree",
        "message accepted by Telegram",
        "restart stays held",
        "decision log whole",
        "re-armed",
    }
    assert row.loops is not None
    assert row.value is not None
    assert faults_of(certificate([row], 1), Subject(), [cell]) == []
    again = drilled(tmp_path, cell)  # a row that is there is not played again
    assert again == [row] == read_rows(tmp_path)


@pytest.mark.slow
def test_a_guard_disabled_on_purpose_is_red(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closing_row, "VERDICT_SECONDS", BRIEF_SECONDS)
    disabled = {"guards": "observe", "observe_opt_in": OBSERVE_OPT_IN}
    scenario = SCENARIOS["drawdown"]
    monkeypatch.setitem(SCENARIOS, scenario.name, replace(scenario, section=disabled))
    cell = Cell(scenario.name, "none", "live")
    [row] = drilled(tmp_path, cell, patience=SOON * 2)
    assert not row.ok
    assert "a verdict of drawdown" in row.why or "a flat account" in row.why
    assert faults_of(certificate([row], 1), Subject(), [cell]) == ["red: drawdown / none / live"]


def test_a_fault_that_the_bot_does_not_survive_is_red(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closing_row, "FLAT_SECONDS", BRIEF_SECONDS)
    never = start("reject-order", paths=[ORDER], reduce_only=True)
    fault = Fault(name="exits-never", kind="order", what="no exit is ever taken", arm=never)
    monkeypatch.setitem(FAULTS, fault.name, fault)
    [row] = drilled(tmp_path, Cell("manual_halt", fault.name, "live"), patience=SOON * 2)
    assert not row.ok
    assert "a flat account" in row.why
    assert json.loads(json.dumps(certificate([row], 1)))["ok"] is False
