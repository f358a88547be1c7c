"""A bot's database and log become one sealed record, which says what speaks against it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from plimsoll.cli.bot_run import Wanted
from plimsoll.cli.gate_account import account_record, log_facts, nested
from plimsoll.gates.evidence.account import read_account
from plimsoll.gates.hashing import seal_fault
from plimsoll.journal.kind import Kind
from plimsoll.journal.log import DecisionLog
from tests.support.evidence import Evidence, as_bytes
from tests.unit.cli.bots import BALANCE, make_bot

NOW = datetime(2025, 3, 5, tzinfo=UTC)
SUBJECT = Evidence(strategy="Crosses").subject


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_bot(tmp_path)


def test_the_record_of_a_bot_is_whole_and_reads_back(folder: Path) -> None:
    wanted = Wanted(config=(folder / "config.json",), strategy="Crosses")
    decisions = folder / "user_data/plimsoll/decisions"
    record = account_record("paper", wanted, decisions, SUBJECT, NOW)
    assert seal_fault(record) is None
    reading = read_account(as_bytes(record), NOW)
    assert reading.faults == (
        "its prices are simulated (synthetic, seed 7): time on them proves nothing",
    )
    assert reading.figures["trades"] == 4
    assert reading.figures["profit"] == pytest.approx(98.95 - 201.9 + 97.55 + 183.957)
    assert 0 < reading.figures["drawdown"] < 0.05
    assert record["starting_balance"] == BALANCE
    assert record["mode"] == "dry_run"
    assert record["limits"] == {"max_drawdown_fraction": 0.02}


def test_an_edited_trade_of_the_record_is_noticed(folder: Path) -> None:
    wanted = Wanted(config=(folder / "config.json",), strategy="Crosses")
    decisions = folder / "user_data/plimsoll/decisions"
    record = account_record("paper", wanted, decisions, SUBJECT, NOW)
    record["trades"][1]["profit"] = 202.0
    faults = read_account(as_bytes(record), NOW).faults
    assert any("changed by hand" in fault for fault in faults)
    assert any("its fills made" in fault for fault in faults)


def test_silence_code_and_mode_come_from_the_log(tmp_path: Path) -> None:
    begun = datetime(2026, 8, 1, tzinfo=UTC)
    with DecisionLog(tmp_path) as log:
        log.append(Kind.START, begun - timedelta(days=9), strategy="Other", code_fingerprint="x")
        for day in (0, 1, 4):
            at = begun + timedelta(days=day)
            config = {"exchange.name": "binance", "plimsoll.costs.fee_bps": 4}
            log.append(
                Kind.START,
                at,
                strategy="Mine",
                code_fingerprint=f"c{day}",
                mode="dry_run",
                config=config,
                profile={"max_open_positions": 1},
            )
    facts = log_facts(tmp_path, "Mine")
    assert facts.codes == ["c0", "c1", "c4"]
    assert (facts.first_at, facts.longest_silence) == (begun, timedelta(days=3))
    assert facts.config == {"exchange": {"name": "binance"}, "plimsoll": {"costs": {"fee_bps": 4}}}
    assert facts.profile == {"max_open_positions": 1}


def test_a_flat_config_is_as_its_layers_wrote_it() -> None:
    assert nested({"a.b.c": 1, "a.b.d": [2], "e": {}}) == {"a": {"b": {"c": 1, "d": [2]}}, "e": {}}
