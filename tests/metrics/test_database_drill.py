"""A bot's PostgreSQL that stops is heard of and comes back: ``tests.metrics.database_drill``."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.metrics.database_drill import (
    ALERT,
    BACK,
    BLOCK,
    PAGE,
    RECORD,
    RESTARTED,
    STEPS,
    STOPPED,
    Outcome,
    block,
    play,
)
from tests.metrics.stack import ABSENT, MISSING
from tests.metrics.test_rules import NAMES


def require_whole(record: dict[str, Any]) -> None:
    """Refuse a drill in which something did not happen, or in another order."""
    told = {cause: [] for cause in STEPS}  # type: dict[str, list[str]]
    for one in record["steps"]:
        assert one["seconds"] >= 0, one
        told[one["cause"]].append(one["what"])
    assert told == {cause: list(steps) for cause, steps in STEPS.items()}
    took = {(one["cause"], one["what"]): one["seconds"] for one in record["steps"]}
    assert took[STOPPED, "alert firing"] - took[STOPPED, "alert pending"] >= 25, "it waits for 30 s"
    assert took[STOPPED, "webhook"] >= took[STOPPED, STEPS[STOPPED][0]]
    assert took[BACK, "webhook: resolved"] >= took[BACK, STEPS[BACK][0]]
    assert (RESTARTED, STEPS[RESTARTED][0]) in took
    assert "does not answer" in record["bots_line"]


@pytest.mark.slow
@pytest.mark.freqtrade
@pytest.mark.skipif(bool(ABSENT), reason=MISSING)
def test_a_server_that_stops_reaches_webhook_and_mail_and_the_halt_is_kept(tmp_path: Path) -> None:
    outcome = play(tmp_path)
    require_whole(outcome.__dict__)


def test_the_page_is_what_the_record_says() -> None:
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    require_whole(record)
    found = BLOCK.search(PAGE.read_text(encoding="utf-8"))
    assert found is not None
    assert found[0] == f"{found[1]}{block(record)}{found[2]}", "run tests.metrics.database_drill"


def test_the_alert_is_one_that_ships() -> None:
    assert ALERT in NAMES


def test_a_row_has_what_was_measured() -> None:
    outcome = Outcome("2026-01-02", bots_line="the line")
    outcome.note(STOPPED, "webhook", 100.0, 141.26)
    text = block(outcome.__dict__)
    assert f"| {STOPPED} | webhook | 41.3 s |\n" in text
    assert "back: none." in text
