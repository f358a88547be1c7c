"""A crash and a death on their way to people, with everything real: ``make alert-drills``."""

from pathlib import Path

import pytest

from tests.metrics.__main__ import BLOCK, PAGE, rows
from tests.metrics.dashboards import BOARDS
from tests.metrics.drill import Outcome, Way, play
from tests.metrics.stack import ABSENT

MAY_BE_EMPTY = {panel.title for board in BOARDS for panel in board.panels if panel.needs}


@pytest.mark.slow
@pytest.mark.freqtrade
@pytest.mark.skipif(bool(ABSENT), reason=f"needs {' '.join(ABSENT)}: apt-get install them")
def test_a_crash_and_a_death_reach_webhook_and_mail(tmp_path: Path) -> None:
    outcome = play(tmp_path)
    assert [one.alert for one in outcome.ways] == [
        "PlimsollHalted",
        "PlimsollBotDown",
        "PlimsollBotDead",
    ]
    assert set(outcome.empty_panels) <= MAY_BE_EMPTY


def test_the_page_has_a_block_for_the_times() -> None:
    assert BLOCK.search(PAGE.read_text(encoding="utf-8")) is not None


def test_a_row_has_what_was_measured() -> None:
    way = Way("crash", "PlimsollHalted", 20.4, 21.2, 3.0)
    assert rows(Outcome(ways=[way])) == "| crash | `PlimsollHalted` | 3 s | 20 s | 21 s |\n"
