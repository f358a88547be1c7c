"""What a bot's decision log adds to its database."""

from pathlib import Path

import pandas as pd
import pytest

from plimsoll.control.bot_log import read_bot_log
from plimsoll.journal.kind import Kind
from plimsoll.journal.log import DecisionLog
from tests.unit.cli.bots import ACCOUNT, at, make_log


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_log(tmp_path)


def test_equity_config_and_mode_are_those_on_record(folder: Path) -> None:
    log = read_bot_log(folder, ACCOUNT)
    assert log.equity.to_dict() == {pd.Timestamp(at(29)): 9_800.0}
    assert log.mode == "dry_run"
    assert log.config["timeframe"] == "1h"
    assert log.last_at == pd.Timestamp(at(33))
    assert log.fault is None
    assert log.acts is not None
    assert [act["event"] for act in log.acts["acts"]] == ["halted", "closed", "rearmed"]
    assert list(log.notes) == [2]


def test_records_of_another_account_are_not_this_ones(folder: Path) -> None:
    with DecisionLog(folder) as log:
        log.append(Kind.START, at(40), account="other", mode="live", config={})
        log.append(Kind.DENIAL, at(41), pair="X/USDT", rule="spread")
        log.append(Kind.HALT, at(42), event="acted", mode="HALTED", rule="drawdown")
        log.append(Kind.DENIAL, at(43), pair="X/USDT", rule="spread", account=ACCOUNT)
    read = read_bot_log(folder, ACCOUNT)
    assert read.mode == "dry_run"
    assert read.acts is not None
    assert read.acts["totals"]["entries_denied"] == 4
    assert [act["event"] for act in read.acts["acts"]].count("halted") == 1
    other = read_bot_log(folder, "other")
    assert other.acts is not None
    assert other.acts["totals"]["entries_denied"] == 1


def test_transfers_are_those_that_were_accepted(folder: Path) -> None:
    with DecisionLog(folder) as log:
        log.append(Kind.BREAK, at(35), event="transfer", amount_usd=500.0, text="paid in")
        log.append(Kind.BREAK, at(36), event="begun", size_usd=5.0, text="less")
        log.append(Kind.BREAK, at(37), event="transfer", amount_usd=-200.0, text="withdrawn")
    transfers = read_bot_log(folder, ACCOUNT).transfers
    assert list(transfers) == [500.0, -200.0]


def test_the_targets_of_the_span_are_its_records(folder: Path) -> None:
    with DecisionLog(folder) as log:
        for minute in (35, 36, 37):
            log.append(Kind.TARGETS, at(minute), asked=0.5, pairs=minute, missing={})
    read = read_bot_log(folder, ACCOUNT, since=at(36), until=at(36))
    assert [record["pairs"] for record in read.targets] == [36]


def test_a_damaged_log_is_read_as_far_as_it_goes_and_named(folder: Path) -> None:
    file = min(folder.glob("*.jsonl"))
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join([lines[0], b"rubbish\n", *lines[2:]]))
    log = read_bot_log(folder, ACCOUNT)
    assert log.fault is not None
    assert "line 2: this is not a JSON record" in log.fault
    assert log.acts is not None
    assert [act["event"] for act in log.acts["acts"]] == ["halted", "closed", "rearmed"]


def test_positions_that_a_guard_closed_have_their_stake(folder: Path) -> None:
    positions = {2: {"open_time": at(12).isoformat(), "stake_usd": 2_000.0}}
    log = read_bot_log(folder, ACCOUNT, positions=positions)
    assert log.acts is not None
    [closed] = [act for act in log.acts["acts"] if act["event"] == "closed"]
    assert closed["trade"]["stake_usd"] == 2_000.0


def test_without_a_start_nothing_is_known_of_the_guards(tmp_path: Path) -> None:
    log = read_bot_log(tmp_path / "nowhere", ACCOUNT)
    assert (log.acts, log.mode, log.last_at, len(log.equity)) == (None, None, None, 0)
