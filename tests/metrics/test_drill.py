"""A crash and a death on their way to people, with everything real: ``make alert-drills``."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.metrics.__main__ import BLOCK, PAGE, RECORD, block, ways
from tests.metrics.dashboards import BOARDS, HEALTH, RUNS
from tests.metrics.drill import CRASH, DEATH, EXPECTED, HELD_BACK, WARNINGS, Way, play
from tests.metrics.sinks import Message, Post, Sinks
from tests.metrics.stack import ABSENT, MISSING, configured
from tests.metrics.test_rules import NAMES

MAY_BE_EMPTY = {
    panel.title
    for board in BOARDS
    for panel in board.panels
    if panel.needs and (panel.needs != RUNS or board is HEALTH)
}
"""The bot is dead when its health is drawn, and alive before."""
PANELS = sum(len(list(board.panels)) for board in BOARDS)


def require_whole(record: dict[str, Any]) -> None:
    """Refuse a drill in which something did not arrive, or arrived without a cause."""
    assert [one["alert"] for one in record["ways"]] == [*EXPECTED[CRASH], *EXPECTED[DEATH]]
    for one in record["ways"]:
        stations = ("firing", "alertmanager", "mail")
        if one["alert"] not in WARNINGS:
            stations += ("webhook", "telegram")
        assert all(one[name] is not None for name in stations), one
    assert record["false_alarms"] == []
    assert set(record["held_back"]) <= HELD_BACK
    assert record["refused_by_telegram"] == 0
    assert any("own message" in one["what"] for one in record["steps"])
    assert record["panels"] == PANELS
    assert set(record["empty_panels"]) <= MAY_BE_EMPTY


@pytest.mark.slow
@pytest.mark.freqtrade
@pytest.mark.skipif(bool(ABSENT), reason=MISSING)
def test_a_crash_and_a_death_reach_webhook_mail_and_telegram(tmp_path: Path) -> None:
    require_whole(play(tmp_path, pictures=tmp_path / "pictures").as_record())


def test_the_page_is_what_the_record_says() -> None:
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    require_whole(record)
    found = BLOCK.search(PAGE.read_text(encoding="utf-8"))
    assert found is not None
    assert found[0] == f"{found[1]}{block(record)}{found[2]}", "run make alert-drills"


def test_a_row_has_what_was_measured() -> None:
    way = Way(CRASH, "PlimsollHalted", None, 10.04, 10.6, 10.9, 11.2, 6.0)
    assert ways([way.__dict__]) == (
        f"| {CRASH} | `PlimsollHalted` | – | 10.0 s | 10.6 s | 10.9 s | 11.2 s | 6.0 s |\n"
    )


def test_every_expected_alert_is_one_that_ships() -> None:
    assert {name for names in EXPECTED.values() for name in names} <= set(NAMES)


@pytest.mark.parametrize("port", [25, 2500, 25_108, 9093, 29_466])
def test_ports_of_a_run_replace_the_shipped_ones_once(tmp_path: Path, port: int) -> None:
    """A port that begins like a shipped one is not replaced again."""
    ports = dict.fromkeys(("alertmanager", "exporter", "webhook", "mail"), port)
    configured(tmp_path, ports)
    for name in ("prometheus.yml", "alertmanager.yml"):
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert set(re.findall(r"127\.0\.0\.1:(\d+)", text)) == {str(port)}


def test_what_arrived_is_told_apart_by_who_sent_it() -> None:
    sinks = Sinks()
    sinks.webhook.append(Post(1.0, "PlimsollHalted", "resolved"))
    sinks.mail += [
        Message(2.0, "control@localhost", "Plimsoll\nHALTED PlimsollHalted"),
        Message(3.0, "plimsoll@localhost", "[RESOLVED] PlimsollHalted (drilled)\n"),
        Message(4.0, "plimsoll@localhost", "[FIRING:1] PlimsollHaltedLonger (drilled)\n"),
    ]
    assert sinks.by_webhook("PlimsollHalted") is None
    assert sinks.by_mail("PlimsollHalted") is None
    assert sinks.by_control_mail("HALTED") == 2.0
    sinks.mail.append(Message(5.0, "plimsoll@localhost", "[FIRING:1] PlimsollHalted (drilled)\n"))
    assert sinks.by_mail("PlimsollHalted") == 5.0


def test_a_post_that_names_no_runbook_is_a_fault() -> None:
    sinks = Sinks()
    alert = {"labels": {"alertname": "A"}, "annotations": {}, "status": "firing"}
    sinks.take("/", json.dumps({"alerts": [alert]}).encode())
    assert sinks.faults == ["A names no runbook"]
