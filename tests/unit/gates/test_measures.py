"""What a criterion measures is measured on evidence that belongs together."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from plimsoll.gates.case import Case, Piece
from plimsoll.gates.filing import file_artefact, file_record
from plimsoll.gates.hashing import with_seal
from plimsoll.gates.kinds import Kind
from plimsoll.gates.measures import counted_trials, figures_of, looser_limits, measure
from plimsoll.gates.reading import EvidenceError
from plimsoll.gates.register import Register
from plimsoll.performance.marked_days import to_record
from tests.support.evidence import DAYS, Evidence, edge
from tests.unit.gates.cases import case_of, file_all


@pytest.fixture
def case(tmp_path: Path) -> Case:
    file_all(Evidence(), tmp_path)
    return case_of(Evidence(), tmp_path)


def without(case: Case, name: str, **facts: object) -> Case:
    """Return the case with other facts in one of its readings."""
    piece = case.pieces[name]
    assert piece.reading is not None
    changed = replace(piece.reading, facts={**piece.reading.facts, **facts})
    return replace(case, pieces={**case.pieces, name: Piece(name, piece.filed, changed)})


def test_a_check_of_other_candles_does_not_count(case: Case) -> None:
    assert measure("data_errors", case) == 0
    with pytest.raises(EvidenceError, match="other candles"):
        measure("data_errors", without(case, "data-check", candles={}))


def test_paths_of_other_candles_do_not_count(case: Case) -> None:
    assert measure("overfitting", case) == 0.1
    with pytest.raises(EvidenceError, match="other candles"):
        measure("overfitting", without(case, "paths", data="other"))


def test_a_ledger_without_the_run_does_not_count(case: Case) -> None:
    with pytest.raises(EvidenceError, match="does not count this walk-forward"):
        measure("deflated_sharpe", without(case, "trials", runs=[]))


def test_trials_of_the_config_are_added_to_those_that_were_counted(case: Case) -> None:
    assert counted_trials(case) == 1
    assert counted_trials(replace(case, trials_before=40)) == 41
    few, many = (
        measure("deflated_sharpe", case),
        measure("deflated_sharpe", replace(case, trials_before=100_000)),
    )
    assert many < few


def test_a_baseline_must_have_every_tested_day(case: Case, tmp_path: Path) -> None:
    assert measure("beats_slow_trend", case) > 0
    short = Evidence(returns=edge(mean=0.0), now=Evidence().now - timedelta(hours=1))
    file = tmp_path / "short.zip"
    statistics = short.statistics()
    statistics["plimsoll"]["marked_days"] = to_record(short.days().iloc[: DAYS - 9])
    file.write_bytes(short.result(strategy="SlowTrend", statistics=statistics))
    file_artefact(Register(tmp_path), file, Evidence().now)
    with pytest.raises(EvidenceError, match="lacks 10 of the 540 tested days"):
        measure("beats_slow_trend", case_of(Evidence(), tmp_path))


def test_parity_of_another_time_does_not_count(case: Case) -> None:
    assert measure("parity_difference", case) == 0.03
    paper = case.reading("paper").facts["began"]
    with pytest.raises(EvidenceError, match="before the paper trading"):
        measure("parity_difference", without(case, "parity", until=paper.replace(year=2020)))


def test_real_money_needs_books_that_were_compared(case: Case, tmp_path: Path) -> None:
    assert measure("position_breaks", case) == 0
    uncompared = without(case, "audit", compared=False)
    with pytest.raises(EvidenceError, match="audit of a dry-run"):
        measure("position_breaks", uncompared)
    assert measure("position_breaks", replace(uncompared, next_capital_usd=None)) == 0


def test_a_drill_of_other_code_does_not_count(case: Case) -> None:
    assert measure("drill_failures", case) == 0
    changed = replace(case.drilled, fingerprints={"code": "newer"})
    with pytest.raises(EvidenceError, match="stale: another code"):
        measure("drill_failures", replace(case, drilled=changed))


def test_a_matrix_that_nobody_knows_is_not_green(case: Case) -> None:
    unknown = measure("drill_failures", replace(case, drilled=type(case.drilled)()))
    assert unknown != unknown


def test_capital_that_no_config_names_is_not_known(case: Case) -> None:
    assert measure("capital", case) == 500
    unknown = measure("capital", replace(case, capital_usd=None))
    assert unknown != unknown


def test_a_limit_is_looser_than_any_that_evidence_was_made_with() -> None:
    tight, loose = {"max_open_positions": 1}, {"max_open_positions": 9}
    assert looser_limits([tight], loose) == ["max_open_positions"]
    assert looser_limits([loose, tight], loose) == ["max_open_positions"]
    assert looser_limits([loose], tight) == []
    assert looser_limits([{}], {}) == []


def test_looser_limits_than_those_of_the_evidence_are_counted(tmp_path: Path) -> None:
    made = Evidence(limits={"max_trades_per_day": 5})
    file_all(made, tmp_path)
    now = replace(made, limits={"max_trades_per_day": 10})
    assert measure("looser_limits", case_of(made, tmp_path)) == 0
    assert measure("looser_limits", case_of(now, tmp_path)) == 1


def test_the_curve_and_its_band_are_of_the_tested_days(case: Case) -> None:
    figures = figures_of(case)
    assert len(figures["days"]) == len(figures["low"]) == DAYS
    assert figures["low"][-1] < figures["growth"][-1] < figures["high"][-1]
    assert json.loads(json.dumps(figures, allow_nan=False)) == figures
    assert figures_of(replace(case, pieces={})) == {}


def test_the_newest_audit_counts(case: Case, tmp_path: Path) -> None:
    broken = Evidence().audit(compared=True, sound=False, breaks=[{"kind": "money"}])
    broken["evidence"]["at"] = Evidence().now.isoformat()
    file_record(Register(tmp_path), with_seal(broken), Evidence().now, strategy="Mine")
    assert measure("position_breaks", case_of(Evidence(), tmp_path)) == 1
    assert case.pieces[Kind.AUDIT.value].faults == ()
