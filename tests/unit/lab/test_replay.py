"""What a replay refuses before it starts anything."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from plimsoll.core import UsageError
from plimsoll.lab.replay import _prepare, run_replay
from plimsoll.lab.replay_plan import ReplayPlan
from plimsoll.lab.replay_segment import ReplayFolder

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


@pytest.mark.parametrize("file", ["mine.py", "mine.json", "near.py"])
def test_a_strategy_that_was_edited_is_another_plan(tmp_path: Path, file: str) -> None:
    folder, place = tmp_path / "strategies", ReplayFolder(tmp_path / "run")
    folder.mkdir()
    place.folder.mkdir()
    (folder / "mine.py").write_text("import near\nclass Mine(IStrategy):\n    pass\n")
    (folder / "mine.json").write_text("{}")
    (folder / "near.py").write_text("LIMIT = 1\n")
    (folder / "other.py").write_text("class Other(IStrategy):\n    pass\n")
    plan = replace(PLAN, strategy_path=folder)
    assert _prepare(plan, place) is None
    (folder / "other.py").write_text("")
    assert _prepare(plan, place) is None
    with (folder / file).open("a") as more:
        more.write("\n")
    with pytest.raises(UsageError, match="another plan"):
        _prepare(plan, place)


def test_a_second_replay_in_one_folder_is_refused_and_alters_nothing(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "trades.sqlite").write_text("of the first")
    with (
        FileLock(tmp_path / ".run.lock"),
        pytest.raises(UsageError, match="another replay is at work"),
    ):
        run_replay(PLAN, run)
    assert (run / "trades.sqlite").read_text() == "of the first"
