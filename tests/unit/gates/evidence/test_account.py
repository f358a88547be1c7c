"""A bot's record is measured by its trades and its equity, and must be of a real paper bot."""

from datetime import timedelta
from typing import Any

import pytest

from plimsoll.gates.evidence.account import read_account
from plimsoll.gates.hashing import with_seal
from plimsoll.gates.kinds import Kind
from plimsoll.gates.reading import EvidenceError
from tests.support.evidence import NOW, Evidence, as_bytes

EVIDENCE = Evidence()


def faults_of(record: Any) -> tuple[str, ...]:
    return read_account(as_bytes(record), NOW).faults


def test_the_figures_of_a_paper_bot() -> None:
    reading = read_account(as_bytes(EVIDENCE.account()), NOW)
    assert reading.faults == ()
    assert reading.figures["days"] == 100
    assert reading.figures["trades"] == 100
    assert reading.figures["profit"] == 66 * 4 - 34 * 3
    assert reading.figures["drawdown"] == pytest.approx(0.003)
    assert reading.made_at == NOW - timedelta(hours=2)


def test_a_step_of_capital_counts_from_its_beginning() -> None:
    since = NOW - timedelta(days=10, hours=2)
    reading = read_account(as_bytes(EVIDENCE.account(Kind.LIVE)), NOW, since)
    assert (reading.figures["days"], reading.figures["trades"]) == (10, 10)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"mode": "live"}, "not of paper trading"),
        ({"market": "synthetic, seed 7"}, "its prices are simulated"),
        ({"codes": ["c0de", "0ther"]}, "2 versions of the code"),
        ({"started_at": "2027-01-01T00:00:00+00:00"}, "ends before it begins"),
        ({"ended_at": "2026-11-01T12:30:00+00:00"}, "a moment of the future"),
        ({"started_at": "2026-10-01T00:00:00+00:00"}, "a trade is older than the bot"),
        ({"starting_balance": 900.0}, "its trades leave 1,062.00, its last equity is 1,162.00"),
    ],
)
def test_a_record_that_is_no_proof_says_why(changed: dict[str, Any], said: str) -> None:
    faults = faults_of(EVIDENCE.account(**changed))
    assert any(said in fault for fault in faults), faults


def test_an_edited_profit_does_not_fit_the_fills_even_under_a_new_seal() -> None:
    record = EVIDENCE.account()
    record["trades"][4]["profit"] += 50.0
    assert any("its fills made" in fault for fault in faults_of(with_seal(record)))
    assert any("changed by hand" in fault for fault in faults_of(record))


def test_a_loser_that_was_left_out_does_not_fit_the_equity() -> None:
    record = EVIDENCE.account()
    del record["trades"][0]
    assert any("its last equity is" in fault for fault in faults_of(with_seal(record)))


def test_the_same_trade_twice_is_a_fault() -> None:
    record = EVIDENCE.account()
    record["trades"].append(record["trades"][3])
    assert any("same trade twice" in fault for fault in faults_of(with_seal(record)))


def test_equity_that_stands_still_in_time_is_no_evidence() -> None:
    record = EVIDENCE.account()
    record["equity"][5] = record["equity"][4]
    with pytest.raises(EvidenceError, match="do not rise"):
        faults_of(with_seal(record))


def test_a_bot_without_known_equity_is_no_proof() -> None:
    assert any("fewer than two" in fault for fault in faults_of(EVIDENCE.account(equity=[])))


@pytest.mark.parametrize("record", [EVIDENCE.audit(), {}, [], {"evidence": {}}])
def test_another_record_is_no_evidence_of_trading(record: Any) -> None:
    with pytest.raises(EvidenceError):
        faults_of(record)
