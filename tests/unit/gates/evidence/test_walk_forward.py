"""A walk-forward is measured by its days and trades, not by what it states."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from plimsoll.gates.evidence.walk_forward import read_walk_forward
from plimsoll.gates.reading import EvidenceError
from tests.support.evidence import DAYS, Evidence, as_bytes, edge

EVIDENCE = Evidence()
Record = dict[str, Any]


def faults_of(record: Record, result: bytes | None = None) -> tuple[str, ...]:
    return read_walk_forward(as_bytes(record), result or EVIDENCE.result()).faults


def test_a_whole_run_has_no_fault_and_its_figures_are_those_of_its_days() -> None:
    reading = read_walk_forward(as_bytes(EVIDENCE.walk_forward()), EVIDENCE.result())
    assert reading.faults == ()
    assert reading.figures["days"] == reading.figures["trades"] == DAYS
    assert reading.figures["holding_minutes"] == 12 * 60
    assert reading.figures["sharpe_low"] < reading.figures["sharpe"]
    assert reading.figures["daily_turnover"] == pytest.approx(2.0, rel=0.01)


def test_a_losing_window_is_counted() -> None:
    returns = edge()
    returns[: DAYS // 6] = -0.0001
    evidence = Evidence(returns=returns)
    reading = read_walk_forward(as_bytes(evidence.walk_forward()), evidence.result())
    assert reading.figures["profitable_windows"] == pytest.approx(5 / 6)


def a_better_sharpe(record: Record) -> None:
    record["out_of_sample"]["sharpe"] += 0.5


def a_smaller_drawdown(record: Record) -> None:
    record["out_of_sample"]["drawdown_fraction"] /= 2


def a_better_day(record: Record) -> None:
    record["out_of_sample"]["daily_returns"][9] += 0.01
    record["out_of_sample"].pop("sharpe")


def better_days(record: Record) -> None:
    returns = [one + 0.001 for one in record["out_of_sample"]["daily_returns"]]
    record["out_of_sample"] = {"daily_returns": returns}


def a_bad_day_left_out(record: Record) -> None:
    returns = record["out_of_sample"]["daily_returns"]
    returns.remove(min(returns))
    record["out_of_sample"] = {"daily_returns": returns}


def a_window_twice(record: Record) -> None:
    record["windows"].insert(1, record["windows"][0])


def a_window_that_differs(record: Record) -> None:
    record["windows"][2]["confirmed"] = False


@pytest.mark.parametrize(
    ("doctor", "said"),
    [
        (a_window_that_differs, "did not confirm 1 of its 6 windows"),
        (a_better_sharpe, "it states sharpe"),
        (a_smaller_drawdown, "it states drawdown_fraction"),
        (a_better_day, "its wallet made"),
        (better_days, "its trades"),
        (a_bad_day_left_out, "its wallet made"),
        (a_window_twice, "a day counts twice"),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_a_doctored_run_contradicts_itself(doctor: Callable[[Record], None], said: str) -> None:
    record = EVIDENCE.walk_forward()
    doctor(record)
    faults = faults_of(record)
    assert any(said in fault for fault in faults), faults


def test_a_day_within_a_position_may_differ_from_the_wallet() -> None:
    """A position over two midnights: the day between is the market's word, its end is not."""
    record, statistics = EVIDENCE.walk_forward(), EVIDENCE.statistics()
    returns = record["out_of_sample"]["daily_returns"]
    both = (1 + returns[9]) * (1 + returns[10])
    returns[9], returns[10] = 0.05, both / 1.05 - 1
    record["out_of_sample"] = {"daily_returns": returns}
    assert any("its wallet made" in fault for fault in faults_of(record))
    held = statistics["trades"]
    held[10]["open_timestamp"] = held[9]["open_timestamp"] + 1
    assert faults_of(record, EVIDENCE.result(statistics=statistics)) == ()


def test_a_result_of_another_run_contradicts_it() -> None:
    other = Evidence(returns=edge(seed=5))
    assert faults_of(EVIDENCE.walk_forward(), other.result())


def not_a_number(record: Record) -> None:
    record["out_of_sample"]["daily_returns"][0] = float("nan")


def ruin(record: Record) -> None:
    record["out_of_sample"]["daily_returns"][0] = -1.0


def no_days(record: Record) -> None:
    record["out_of_sample"]["daily_returns"] = []


def no_windows(record: Record) -> None:
    record["windows"] = []


def another_format(record: Record) -> None:
    record["format"] = 2


def no_data(record: Record) -> None:
    del record["data_fingerprint"]


@pytest.mark.parametrize(
    "doctor", [not_a_number, ruin, no_days, no_windows, another_format, no_data]
)
def test_a_run_that_cannot_be_read_is_no_evidence(doctor: Callable[[Record], None]) -> None:
    record = EVIDENCE.walk_forward()
    doctor(record)
    with pytest.raises(EvidenceError):
        faults_of(record)


def test_a_run_without_its_result_is_no_evidence() -> None:
    with pytest.raises(EvidenceError, match=r"run-1\.zip, is missing"):
        read_walk_forward(as_bytes(EVIDENCE.walk_forward()), None)


def test_days_that_nobody_can_foresee_are_too_good() -> None:
    returns = np.full(DAYS, 0.02)
    returns[::10] = 0.019
    evidence = Evidence(returns=returns)
    reading = read_walk_forward(as_bytes(evidence.walk_forward()), evidence.result())
    assert reading.figures["too_good"] >= 1
    usual = read_walk_forward(as_bytes(EVIDENCE.walk_forward()), EVIDENCE.result())
    assert usual.figures["too_good"] == 0
