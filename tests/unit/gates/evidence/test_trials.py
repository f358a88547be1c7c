"""Trials are counted for good, and by what they saw."""

from typing import Any

import pandas as pd
import pytest

from plimsoll.gates.evidence.trials import (
    all_epochs,
    has_walk_forward,
    read_trials,
    seen_trials,
)
from plimsoll.gates.reading import EvidenceError
from tests.support.evidence import Evidence, as_bytes

EVIDENCE = Evidence()
SPAN = {
    "first": pd.Timestamp("2025-01-01", tz="UTC"),
    "last": pd.Timestamp("2025-07-01", tz="UTC"),
}


def ledger(*runs: dict[str, Any]) -> Any:
    return read_trials(b"\n".join(as_bytes(run) for run in runs) + b"\n")


def run(**changed: Any) -> dict[str, Any]:
    return {**EVIDENCE.trials()[0], "timerange": "20250101-20250401", "epochs": 300, **changed}


def test_a_walk_forward_is_one_look_and_a_search_of_tested_days_counts_with_every_epoch() -> None:
    walked = run(command="plimsoll walk-forward", epochs=180)
    told = ledger(walked, walked, run())
    assert seen_trials(told, data=EVIDENCE.data, **SPAN) == 302
    assert all_epochs(told, EVIDENCE.data) == 660


@pytest.mark.parametrize(
    ("timerange", "counts"),
    [
        ("20240101-20250101", 0),
        ("20240101-20250102", 300),
        ("20250701-20260101", 0),
        ("20250630-", 300),
        ("-20240501", 0),
        ("-", 300),
        ("", 300),
        ("nonsense-", 300),
        ("1735689600-1743465600", 300),
        ("1704067200000-1735689600000", 0),
    ],
)
def test_a_search_counts_where_its_time_range_has_a_tested_day(timerange: str, counts: int) -> None:
    assert seen_trials(ledger(run(timerange=timerange)), data=EVIDENCE.data, **SPAN) == counts


def test_trials_on_other_candles_do_not_count() -> None:
    told = ledger(run(data_fingerprint="other"), run(command="walk-forward", strategy="Other"))
    assert seen_trials(told, data=EVIDENCE.data, **SPAN) == 1
    assert not has_walk_forward(told, data=EVIDENCE.data, strategy="Mine")


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"[]",
        b"{}",
        as_bytes(run(epochs=float("nan"))),
        as_bytes(run(epochs=-5)),
        as_bytes(run(epochs=True)),
        as_bytes(run(at="yesterday")),
        as_bytes(run(at="2026-01-01T00:00:00")),
    ],
)
def test_a_line_that_is_no_run_makes_the_ledger_unusable(line: bytes) -> None:
    with pytest.raises(EvidenceError, match="line 2 of the ledger"):
        read_trials(as_bytes(run()) + b"\n" + line + b"\n")


def test_an_empty_ledger_is_none() -> None:
    with pytest.raises(EvidenceError, match="empty"):
        read_trials(b"\n\n")
