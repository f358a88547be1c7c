"""What a replay refuses before it starts anything."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from plimsoll.core import UsageError
from plimsoll.lab.replay import _told, run_replay
from plimsoll.lab.replay_plan import ReplayPlan

BEGIN = datetime(2025, 4, 7, tzinfo=UTC)
PLAN = ReplayPlan("Mine", BEGIN, BEGIN + timedelta(days=2), market="synthetic")


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"end": BEGIN}, "expected a span in UTC"),
        ({"end": BEGIN + timedelta(hours=30)}, "whole days"),
        ({"begin": BEGIN.replace(tzinfo=None)}, "expected a span in UTC"),
        ({"segment_days": 0.5}, "whole days a segment"),
        ({"market": "replay"}, "needs --datadir"),
        ({"layers": (Path("nowhere.json"),)}, "nowhere.json"),
        ({"strategy_path": Path("nowhere")}, "nowhere"),
    ],
)
def test_what_cannot_be_replayed_is_refused_and_leaves_nothing(
    tmp_path: Path, changed: dict[str, Any], named: str
) -> None:
    with pytest.raises(UsageError, match=named):
        run_replay(replace(PLAN, **changed), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_the_folder_of_another_plan_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text('{"strategy": "Other"}', encoding="utf-8")
    with pytest.raises(UsageError, match="another plan"):
        run_replay(PLAN, tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["plan.json"]


def held_plan(folder: Path, strategies: Path) -> ReplayPlan:
    """Leave what a replay leaves of its plan."""
    plan = replace(PLAN, strategy_path=strategies)
    (folder / "plan.json").write_text(json.dumps(_told(plan)), encoding="utf-8")
    return plan


@pytest.mark.parametrize("name", ["Mine.py", "Mine.json", "helper.py", "signals/cross.py"])
def test_a_strategy_that_was_edited_is_not_gone_on_with(tmp_path: Path, name: str) -> None:
    run, strategies = tmp_path / "run", tmp_path / "strategies"
    for made in (run, strategies):
        made.mkdir(parents=True)
    (strategies / "signals").mkdir()
    (strategies / "signals" / "cross.py").write_text("FAST = 9\n", encoding="utf-8")
    source = "import signals.cross\nfrom freqtrade.strategy import IStrategy\n\n\n"
    source += "class Mine(IStrategy):\n    pass\n"
    (strategies / "Mine.py").write_text(source, encoding="utf-8")
    plan = held_plan(run, strategies)
    (strategies / name).write_text(f"{source}\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"^the strategy's files changed since the replay in "):
        run_replay(plan, run)
    assert [file.name for file in run.iterdir()] == ["plan.json"]


def test_another_plan_is_named_by_what_differs(tmp_path: Path) -> None:
    plan = held_plan(tmp_path, tmp_path)
    with pytest.raises(UsageError, match=r"another plan \(mode, seed\)"):
        run_replay(replace(plan, mode="live", seed=8), tmp_path)
