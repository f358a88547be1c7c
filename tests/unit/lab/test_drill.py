"""What a drill refuses before it starts anything, and how it tells a time."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from plimsoll.core import UsageError
from plimsoll.lab.drill import _since, run_drill
from plimsoll.lab.drill_plan import DrillAccount, DrillPlan

AT = datetime(2025, 5, 29, 14, tzinfo=UTC)


def plan(folder: Path, **changes: object) -> DrillPlan:
    return DrillPlan(strategy="Mine", strategy_path=folder, **changes)  # type: ignore[arg-type]


def account(folder: Path) -> DrillAccount:
    return DrillAccount(plan(folder), folder, lambda _: None)


@pytest.mark.parametrize("missing", ["strategies", "mine.json"])
def test_a_folder_or_layer_that_is_not_there_is_named_before_anything_starts(
    tmp_path: Path, missing: str
) -> None:
    changes = {"layers": (tmp_path / missing,)} if missing.endswith(".json") else {}
    folder = tmp_path if changes else tmp_path / missing
    with pytest.raises(UsageError, match=missing):
        run_drill(plan(folder, **changes), tmp_path / "run", lambda _: None)
    assert not (tmp_path / "run").exists()


def test_a_strategy_that_no_file_has_is_named_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "Other.py").write_text("class Mines(IStrategy):\n    pass\n", encoding="utf-8")
    said = f"expected a class Mine in a file of {tmp_path}, found none; did you mean Mines?"
    with pytest.raises(UsageError, match=re.escape(said)):
        run_drill(plan(tmp_path), tmp_path / "run", lambda _: None)
    assert not (tmp_path / "run").exists()


def test_a_time_is_told_from_the_crash_on(tmp_path: Path) -> None:
    drilled = account(tmp_path)
    drilled.crash_at = AT
    assert _since(drilled, AT + timedelta(seconds=190)) == "3 min 10 s into the crash"
    assert _since(drilled, AT + timedelta(seconds=9)) == "9 s into the crash"
