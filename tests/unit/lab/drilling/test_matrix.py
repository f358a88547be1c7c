"""Which cells are drilled: enough of them, and a reason for every other."""

from collections import Counter

import pytest

from plimsoll.lab.drilling.faults import FAULTS
from plimsoll.lab.drilling.matrix import (
    FIRST,
    LIVE,
    MODES,
    cells,
    left_out,
    matches,
    stage_of,
    why_not,
)
from plimsoll.lab.drilling.row import Cell
from plimsoll.lab.drilling.scenario import Act
from plimsoll.lab.drilling.scenarios import SCENARIOS
from plimsoll.risk import GUARDS


def test_at_least_25_guards_are_drilled_under_20_faults() -> None:
    assert len({SCENARIOS[one.scenario].rule for one in cells()}) >= 25
    assert len({one.fault for one in cells((LIVE,))}) > 20


def test_every_guard_has_a_scenario() -> None:
    assert {*GUARDS.names()} - {one.rule for one in SCENARIOS.values()} == set()


def test_a_cell_is_drilled_or_has_a_reason() -> None:
    drilled, reasons = {one.name for one in cells()}, left_out()
    assert not drilled & reasons.keys()
    assert len(drilled) + len(reasons) == len(SCENARIOS) * len(FAULTS) * len(MODES)
    assert all(reasons.values())


def test_every_guard_that_closes_is_drilled_under_every_fault_of_an_order() -> None:
    orders = {name for name, fault in FAULTS.items() if fault.kind == "order"}
    seen = Counter(one.scenario for one in cells((LIVE,)) if one.fault in orders)
    closing = [one for one in SCENARIOS.values() if one.act not in (Act.DENY, Act.REDUCE, Act.STEP)]
    whole = [one.name for one in closing if "(" not in one.name and one.rule != "reconciliation"]
    assert {name: seen[name] for name in whole} == dict.fromkeys(whole, len(orders))


def test_a_drill_cut_short_has_every_guard_and_then_every_fault() -> None:
    stages = {one: stage_of(one) for one in cells()}
    first = [one for one, stage in stages.items() if stage == 0]
    assert {one.scenario for one in first} >= {
        name for name, one in SCENARIOS.items() if one.act is not Act.STEP
    }
    early = {one.fault for one, stage in stages.items() if 0 < stage <= len(FIRST)}
    assert early == {name for name, one in FAULTS.items() if one.kind not in ("none", "kill")}
    steps = {stage for one, stage in stages.items() if one.scenario.startswith("step: ")}
    assert steps == {len(FIRST) + 1}
    assert all(stage == max(stages.values()) for one, stage in stages.items() if one.mode != LIVE)


def test_a_denied_entry_sends_no_order() -> None:
    assert (
        why_not(SCENARIOS["spread"], FAULTS["order-503"], LIVE) == "a denied entry sends no order"
    )


@pytest.mark.parametrize(
    "pattern",
    [
        "drawdown",
        "kill-9",
        "live",
        "drawdown/kill-9/live",
        "draw*",
        "*/kill-9/live",
        "*",
        "spread; kill-9",
    ],
)
def test_a_pattern_that_fits_a_row(pattern: str) -> None:
    assert matches(Cell("drawdown", "kill-9", "live"), pattern)


@pytest.mark.parametrize("pattern", ["daily_loss", "kill", "drawdown/none/*", "spread; none"])
def test_a_pattern_that_does_not_fit_it(pattern: str) -> None:
    assert not matches(Cell("drawdown", "kill-9", "live"), pattern)
