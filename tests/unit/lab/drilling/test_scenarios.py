"""Each scenario names a guard, and its profile is one that the guards accept."""

import pytest

from plimsoll.lab.drilling.scenario import BLIND, WIDE, Act, Scenario
from plimsoll.lab.drilling.scenarios import SCENARIOS
from plimsoll.risk import GUARDS, RiskProfile

ALL = pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS.keys())


@ALL
def test_its_profile_is_valid_and_its_rule_a_guard(scenario: Scenario) -> None:
    RiskProfile(**scenario.profile())
    assert scenario.rule in (*GUARDS.names(), BLIND) or scenario.act is Act.STEP


@ALL
def test_a_guard_of_a_pair_names_one_of_its_pairs(scenario: Scenario) -> None:
    assert (scenario.pair is not None) == (scenario.act is Act.PAIR)
    assert scenario.pair is None or scenario.pair in scenario.pairs


@ALL
def test_it_narrows_a_limit_or_does_something(scenario: Scenario) -> None:
    narrowed = {name for name, value in scenario.risk.items() if WIDE.get(name) != value}
    does = scenario.trip.__name__ != "nothing" or scenario.prepare.__name__ != "nothing"
    assert narrowed or does
