"""Limits from one start to the next: what the log says was in force, and who accepted more."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from plimsoll.bridge.config.layers import read_layers
from plimsoll.bridge.config.settings import settings_from
from plimsoll.bridge.state.limit_changes import DRY_RUN, LIVE, LimitChanges, limit_changes
from plimsoll.journal.config_difference import flat_config
from plimsoll.journal.kind import Kind
from plimsoll.journal.log import DecisionLog
from plimsoll.risk import RiskProfile
from tests.conftest import ROOT

NOW = datetime(2026, 11, 19, 12, tzinfo=UTC)
STRICT, LOOSE = {"max_leverage": 1.0}, {"max_leverage": 2.0}


class Starts:
    """A decision log in which one start follows another."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def start(self, risk: dict[str, Any], *, mode: str = LIVE, accepts: bool = False) -> Any:
        asked = RiskProfile(**risk)
        made = limit_changes(self.folder, {}, asked, mode=mode)
        with DecisionLog(self.folder) as log:
            profile = made.in_force.profile.model_dump(mode="json")
            log.append(Kind.START, NOW, durable=True, mode=mode, profile=profile)
            made.record(log.append, NOW)
            if accepts:
                made.record_acceptance(log.append, NOW, reason="step two", by="anna")
        return made

    def records(self, kind: str) -> list[dict[str, Any]]:
        lines = [
            json.loads(line)
            for file in sorted(self.folder.glob("*.jsonl"))
            for line in file.read_text(encoding="utf-8").splitlines()
        ]
        return [one for one in lines if one["kind"] == kind]


@pytest.fixture
def starts(tmp_path: Path) -> Starts:
    return Starts(tmp_path / "decisions")


def leverage(made: LimitChanges) -> float:
    return made.in_force.profile.max_leverage


def test_the_first_start_has_nothing_to_compare_with(starts: Starts) -> None:
    made = starts.start(LOOSE)
    assert (leverage(made), made.changes, made.words()) == (2, {}, None)
    assert starts.records("limits") == []


def test_a_looser_limit_waits_live_from_start_to_start(starts: Starts) -> None:
    starts.start(STRICT)
    for _ in range(2):
        made = starts.start(LOOSE)
        assert (leverage(made), made.held_back) == (1, {"max_leverage": (1, 2)})
        assert "not in force: max leverage 1 → 2" in (made.words() or "")
    record = starts.records("limits")[-1]
    assert record["event"] == "looser"
    assert record["changes"] == {"max_leverage": {"before": 1, "after": 2, "in_force": False}}


def test_an_acceptance_holds_from_the_next_start_on_and_for_its_values_only(
    starts: Starts,
) -> None:
    starts.start(STRICT)
    starts.start(LOOSE, accepts=True)
    assert leverage(starts.start({"max_leverage": 3.0})) == 1
    starts.start(LOOSE, accepts=True)
    assert leverage(starts.start(LOOSE)) == 2
    assert leverage(starts.start(LOOSE)) == 2
    assert leverage(starts.start(STRICT)) == 1
    assert leverage(starts.start(LOOSE)) == 1, "what was accepted ended with the stricter start"


def test_the_acceptance_is_on_record_with_reason_and_person(starts: Starts) -> None:
    starts.start(STRICT)
    starts.start(LOOSE, accepts=True)
    record = starts.records("limits")[-1]
    assert (record["event"], record["reason"], record["by"]) == ("accepted", "step two", "anna")
    assert record["accepted"] == {"max_leverage": 2}


def test_nothing_is_accepted_where_nothing_waits(starts: Starts) -> None:
    starts.start(STRICT)
    starts.start(STRICT, accepts=True)
    assert starts.records("limits") == []


def test_a_dry_run_takes_looser_limits_and_tells(starts: Starts) -> None:
    starts.start(STRICT, mode=DRY_RUN)
    made = starts.start(LOOSE, mode=DRY_RUN)
    assert (leverage(made), made.held_back) == (2, {})
    assert "in force: max leverage 1 → 2" in (made.words() or "")
    assert starts.records("limits")[-1]["changes"]["max_leverage"]["in_force"] is True


def test_the_limits_of_a_dry_run_say_nothing_of_live(starts: Starts) -> None:
    starts.start(STRICT, mode=DRY_RUN)
    assert starts.start(LOOSE, mode=LIVE).changes == {}
    starts.start(STRICT, mode=DRY_RUN)
    assert starts.start(LOOSE, mode=LIVE).changes == {}


def test_an_expectation_that_is_gone_is_told_once_and_is_not_held_back(starts: Starts) -> None:
    """Without it `divergence` never acts, though every limit is as before."""
    named = {"plimsoll": {"expectation_file": "promise.json"}}
    profile = RiskProfile().model_dump(mode="json")
    with DecisionLog(starts.folder) as log:
        log.append(Kind.START, NOW, mode=LIVE, profile=profile, config=flat_config(named))
    for config in (named, {"plimsoll": {"expectation_file": "newer.json"}}):
        assert limit_changes(starts.folder, config, RiskProfile(), mode=LIVE).words() is None
    made = starts.start({})
    assert (made.held_back, made.facts()) == ({}, {})
    assert made.words() == (
        "⚠️ Limits are looser than before, and in force: expectation file promise.json → off."
    )
    (record,) = starts.records("limits")
    assert record["changes"] == {
        "expectation_file": {"before": "promise.json", "after": None, "in_force": True}
    }
    assert starts.start({}).changes == {}


def test_the_wrong_order_of_layers_is_held_back_at_the_first_live_start(starts: Starts) -> None:
    names = ("base.json", "mode-live.json", "risk-careful.json")
    config = read_layers([ROOT / "user_data/config" / name for name in names])
    asked = settings_from(config).risk
    assert (asked.max_daily_loss_fraction, asked.max_daily_loss_usd) == (0.03, None)
    made = limit_changes(starts.folder, config, asked, mode=LIVE)
    profile = made.in_force.profile
    assert (profile.max_daily_loss_fraction, profile.max_daily_loss_usd) == (0.02, 20)
    assert (
        "risk-careful.json comes after mode-live.json and loosens it: max daily loss 2 % → 3 %"
    ) in (made.words() or "")
    told = limit_changes(starts.folder, config, asked, mode=DRY_RUN)
    assert told.in_force.profile == asked
    assert "mode-live.json" in (told.words() or "")
