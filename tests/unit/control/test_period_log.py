"""What a decision log says of one span."""

from pathlib import Path

import pytest

from plimsoll.control.period_log import PeriodLog, read_period_log
from tests.unit.cli.bots import ACCOUNT, at, make_log


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_log(tmp_path)


def read(folder: Path, first: float, last: float, account: str | None = ACCOUNT) -> PeriodLog:
    return read_period_log(folder, account, at(first), at(last))


def test_acts_are_of_the_span_and_fills_of_the_whole_log(folder: Path) -> None:
    log = read(folder, 24, 30)
    assert log.acts is not None
    assert [act["event"] for act in log.acts["acts"]] == ["halted"]  # the exit is at its end
    assert len(log.fills) == 1
    assert log.fills["asked"].iloc[0] == log.fills["price"].iloc[0] == 50.0


def test_the_last_start_before_the_end_says_whose_it_is(folder: Path) -> None:
    log = read(folder, 0, 24)
    assert (log.strategy, log.mode) == ("Crosses", "dry_run")
    assert log.config["timeframe"] == "1h"
    assert log.head is not None
    assert log.head != read(folder, 0, 48).head


def test_before_its_first_start_a_log_says_nothing(folder: Path) -> None:
    log = read(folder, -48, -24)
    assert (log.acts, log.operation, log.head) == (None, None, None)


def test_another_accounts_records_are_left_out(folder: Path) -> None:
    assert read(folder, 0, 48, account="cd" * 8).acts is None
