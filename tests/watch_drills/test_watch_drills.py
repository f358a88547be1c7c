"""The watchdog with real processes: one drill by default, all of them as slow tests."""

from pathlib import Path

import pytest

from tests.support.watching import watched
from tests.watch_drills.__main__ import BLOCK, HEAD, PAGE, row
from tests.watch_drills.drills import DRILLS, WatchDrill

QUICK = "frozen"
"""The one that stands for all: a bot that lives, holds its database, and does nothing."""


@pytest.mark.freqtrade
@pytest.mark.parametrize(
    "drill",
    [
        pytest.param(one, id=one.name, marks=() if one.name == QUICK else pytest.mark.slow)
        for one in DRILLS
    ],
)
def test_drill(drill: WatchDrill, tmp_path: Path) -> None:
    with watched(tmp_path, **drill.overlay) as scene:
        drill.run(scene)


def test_the_page_has_a_row_for_every_drill() -> None:
    block = BLOCK.search(PAGE.read_text(encoding="utf-8"))
    assert block is not None
    assert HEAD in block[0]
    shown = [line for line in block[0].splitlines() if line.startswith("| ")][1:]
    assert [line.split("|")[1].strip() for line in shown] == [one.done for one in DRILLS]


def test_a_row_says_what_was_not_measured() -> None:
    from tests.watch_drills.drills import Outcome

    told = Outcome(told_seconds=3.4, closed_by="nobody")
    assert row(DRILLS[0], told) == (
        "| bot: `kill -9` | closed directly, stops taken away | 3 s | – | nobody |\n"
    )
