"""A comparison from beginning to end, traded by Freqtrade, filed and read by a gate."""

import json
from pathlib import Path

import pytest

from plimsoll.core import UsageError
from plimsoll.gates.evidence.records import read_record
from plimsoll.gates.kinds import Kind
from plimsoll.lab.compare.run import CompareOutcome, CompareRequest, compare_strategies
from plimsoll.lab.search import trials
from tests.support.search_ground import SearchGround


def arguments_of(ground: SearchGround) -> tuple[str, ...]:
    made = ground.arguments()
    own = made[: made.index("--strategy")]
    return (*own, "-i", "5m", "--timerange", "20250604-20250609")


@pytest.fixture(scope="module")
def outcome(ground: SearchGround) -> CompareOutcome:
    """TrendFollow against BuyAndHold, by the plain command."""
    asked = CompareRequest(arguments_of(ground), "TrendFollow", "BuyAndHold", windows=2)
    return compare_strategies(asked, lambda _: None)


def test_both_sides_are_of_the_same_days(outcome: CompareOutcome) -> None:
    assert outcome.comparison.candidate.days == outcome.comparison.baseline.days == 6
    assert [one.candidate.days for one in outcome.comparison.windows] == [3, 3]
    assert not outcome.comparison.adds_value
    assert "6 days are few" in outcome.comparison.why[0]


def test_the_evidence_is_read_by_the_gates_and_is_compared_again(outcome: CompareOutcome) -> None:
    reading = read_record(outcome.file.read_bytes())
    assert (reading.kind, reading.strategy, reading.faults) == (
        Kind.COMPARISON,
        "TrendFollow",
        (),
    )
    assert reading.figures["reasons"] == len(outcome.comparison.why)
    assert reading.figures["low"] == pytest.approx(outcome.comparison.low)
    assert reading.made_with["source"]


def test_a_candidate_is_a_trial_of_its_data_once(
    outcome: CompareOutcome, ground: SearchGround
) -> None:
    def counted() -> list[dict[str, object]]:
        return [one for one in trials.runs(ground.userdir) if one["command"] == "compare"]

    [line] = counted()
    assert (line["strategy"], line["epochs"]) == ("TrendFollow", 1)
    stored = ground.userdir / "plimsoll" / "compare"
    [own] = (stored / "TrendFollow").glob("*.zip")
    [other] = (stored / "BuyAndHold").glob("*.zip")
    asked = CompareRequest(arguments_of(ground), str(own), str(other), trials=40)
    again = compare_strategies(asked, lambda _: None)
    assert again.comparison.difference == pytest.approx(outcome.comparison.difference)
    assert again.comparison.trials == outcome.comparison.trials + 40
    assert len(counted()) == 1


def test_a_rule_beside_a_model_is_traded_without_one(
    outcome: CompareOutcome, ground: SearchGround
) -> None:
    stored = ground.userdir / "plimsoll" / "compare"
    [own] = (stored / "TrendFollow").glob("*.zip")
    layer = ground.userdir / "config" / "freqai-direction.json"
    arguments = (*arguments_of(ground), "-c", str(layer), "--freqaimodel", "LightGBMDirection")
    asked = CompareRequest(arguments, str(own), "BuyAndHold", windows=2)
    again = compare_strategies(asked, lambda _: None)
    assert again.comparison.difference == pytest.approx(outcome.comparison.difference)
    log = (stored / "BuyAndHold" / "BuyAndHold.log").read_text(encoding="utf-8")
    assert "without-model.json" in log


def test_other_terms_are_refused(
    outcome: CompareOutcome, ground: SearchGround, tmp_path: Path
) -> None:
    [own] = (ground.userdir / "plimsoll" / "compare" / "TrendFollow").glob("*.zip")
    richer = ground.folder / "richer.json"
    richer.write_text(json.dumps({"dry_run_wallet": 5_000}), encoding="utf-8")
    arguments = (*arguments_of(ground), "-c", str(richer))
    with pytest.raises(UsageError, match="expected the same starting balance of both sides"):
        compare_strategies(CompareRequest(arguments, str(own), "BuyAndHold"), lambda _: None)


def test_numbers_that_make_no_sense_are_refused(ground: SearchGround) -> None:
    with pytest.raises(UsageError, match="expected 1 of --windows at least"):
        compare_strategies(
            CompareRequest(arguments_of(ground), "TrendFollow", windows=0), lambda _: None
        )
