"""What a watchdog may do, and what no profile can make it do."""

import pytest
from pydantic import ValidationError

from plimsoll.bridge.config.layers import read_layer
from plimsoll.bridge.config.settings import settings_from
from plimsoll.monitoring.profile import RULES, Act, Condition, WatchProfile
from tests.conftest import ROOT


def test_no_rule_passes_what_the_profile_may() -> None:
    for may in Act:
        profile = WatchProfile(may=may)
        assert {profile.act_of(one).strength <= may.strength for one in Condition} == {True}
    assert WatchProfile().act_of(Condition.BOT_DEAD) is Act.TELL
    assert WatchProfile(may=Act.FLATTEN).act_of(Condition.BOT_DEAD) is Act.FLATTEN


def test_one_key_of_a_rule_changes_that_key_alone() -> None:
    profile = WatchProfile.model_validate({"rules": {"bot_dead": {"act_after_seconds": 7}}})
    assert profile.rules[Condition.BOT_DEAD] == RULES[Condition.BOT_DEAD].model_copy(
        update={"act_after_seconds": 7}
    )
    others = {name: rule for name, rule in RULES.items() if name is not Condition.BOT_DEAD}
    assert {name: profile.rules[name] for name in others} == others


@pytest.mark.parametrize("condition", ["blind", "key_refused"])
def test_nothing_is_closed_because_it_cannot_be_seen(condition: str) -> None:
    with pytest.raises(ValidationError, match="found flatten"):
        WatchProfile.model_validate({"rules": {condition: {"act": "flatten"}}})


@pytest.mark.parametrize("given", [{"rules": {"bot_ded": {}}}, {"every": 1}, {"rules": 3}])
def test_what_is_misspelt_is_refused(given: dict) -> None:  # type: ignore[type-arg]
    with pytest.raises(ValidationError):
        WatchProfile.model_validate(given)


def test_the_shipped_layer_tells_and_does_nothing_else() -> None:
    layer = read_layer(ROOT / "user_data/config/watch.json")
    profile = settings_from(layer).watch
    assert profile.may is Act.TELL
    assert profile.rules == RULES
