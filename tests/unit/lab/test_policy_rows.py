"""Rows of policies outlive the run that made them."""

from dataclasses import replace
from pathlib import Path

import pytest

from plimsoll.core import UsageError
from plimsoll.lab.policy_rows import PolicyRow, keep, kept_rows

ROW = PolicyRow(
    policy="never",
    strategy="Carry",
    trades=12,
    total_return=-0.1,
    drawdown_fraction=0.12,
    worst_month_fraction=-0.05,
    days_halted=600.0,
    days_of_run=730.0,
    rearmed=0,
    asked=40,
    halts={"drawdown": 1},
    denied={"spread": 2},
    code_fingerprint="abc",
)


def test_what_was_kept_is_read_and_the_latest_of_a_strategy_and_policy_counts(
    tmp_path: Path,
) -> None:
    file = tmp_path / "out" / "rows.jsonl"
    assert kept_rows(file) == []
    later = replace(ROW, trades=13, code_fingerprint="def")
    other = replace(ROW, policy="30 days")
    keep([ROW, other], file)
    keep([later], file)
    assert kept_rows(file) == [later, other]


@pytest.mark.parametrize("line", ["{", "[]", '{"policy": "never"}'])
def test_a_line_that_is_no_row_is_named(tmp_path: Path, line: str) -> None:
    file = tmp_path / "rows.jsonl"
    keep([ROW], file)
    with file.open("a") as kept:
        kept.write(line + "\n")
    with pytest.raises(UsageError, match="line 2: not a row of a policy"):
        kept_rows(file)
