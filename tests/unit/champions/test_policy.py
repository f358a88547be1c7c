from typing import Any

import pytest
from pydantic import ValidationError

from plimsoll.champions.policy import ChampionPolicy


def test_champion_and_challenger_are_off_unless_asked_for_and_split_no_entries() -> None:
    policy = ChampionPolicy()
    assert not policy.enabled
    assert policy.ab_share == 0
    assert (policy.retrain_hours, policy.retrain_trades) == (24, 100)
    assert policy.better_fraction == 0.05


@pytest.mark.parametrize(
    "wrong",
    [
        {"trial_outcomes": 20},
        {"level": 0.0},
        {"level": float("nan")},
        {"ab_share": 0.6},
        {"retrain_hours": 0},
        {"promote_always": True},
    ],
)
def test_a_policy_that_would_promote_on_little_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ChampionPolicy(**wrong)
