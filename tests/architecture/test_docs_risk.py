"""The pages about risk say what the code says: hooks, guards, protections, keys."""

import re

import pytest

from plimsoll.bridge.config.settings import PlimsollSettings
from plimsoll.bridge.plugins.protection import PROTECTIONS
from plimsoll.bridge.strategies.guarded import GuardedStrategy
from plimsoll.bridge.strategies.hooks import HookedStrategy
from plimsoll.core import Mode
from plimsoll.risk import GUARDS, NEEDS, RiskProfile
from tests.conftest import ROOT

PAGES = {
    name: (ROOT / f"docs/{name}.md").read_text(encoding="utf-8")
    for name in ("risk", "emergency", "plugins", "profiles", "strategies")
}


def table(page: str, head: str) -> list[list[str]]:
    """Rows of the table whose first column has this head."""
    lines = PAGES[page].splitlines()
    [start] = [number for number, line in enumerate(lines) if line.startswith(f"| {head} |")]
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip().strip("|").split("|")])
    return rows


def named(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


HOOKS = {name for name in vars(HookedStrategy) if not name.startswith("_")} - {
    "gather_informative_pairs"
}


def test_the_callbacks_and_their_hooks_are_those_of_the_code() -> None:
    told = {
        named(callback)[0]: (named(hook) or [None])[0]
        for callback, hook in table("risk", "Freqtrade's callback")
    }
    assert set(told.values()) == HOOKS
    assert set(told) <= set(vars(GuardedStrategy))


def test_the_hooks_of_a_strategy_are_all_told() -> None:
    told = [name for row in table("strategies", "You write") for name in named(row[0])]
    assert {name.partition("(")[0] for name in told} >= HOOKS
    assert [name for name in told if not hasattr(GuardedStrategy, name.partition("(")[0])] == []


def test_every_guard_is_told_in_order() -> None:
    assert [named(row[0])[0] for row in table("risk", "Guard")] == GUARDS.names()
    assert set(NEEDS) <= set(GUARDS.names())


def test_the_modes_are_those_of_the_code() -> None:
    assert [named(row[0])[0] for row in table("risk", "Mode")] == [mode.name for mode in Mode]


def test_the_protections_are_those_that_ship_with_limits_that_exist() -> None:
    rows = table("plugins", "Protection")
    assert [named(row[0])[0] for row in rows] == list(PROTECTIONS.values())
    limits = [name for row in rows for name in named(row[3])]
    assert [name for name in limits if name not in RiskProfile.model_fields] == []


def test_every_key_beside_risk_and_costs_is_told() -> None:
    told = {named(row[0])[0] for row in table("profiles", "Key")}
    ours = {f"plimsoll.{name}" for name in PlimsollSettings.model_fields}
    assert told == ours - {"plimsoll.risk", "plimsoll.costs"}


@pytest.mark.parametrize("name", ["live_breach_observations", "hard_breach_multiple"])
def test_the_page_has_the_shipped_numbers(name: str) -> None:
    shipped = {"live_breach_observations": "three loops", "hard_breach_multiple": "1.5 times"}
    assert (RiskProfile().live_breach_observations, RiskProfile().hard_breach_multiple) == (3, 1.5)
    assert shipped[name] in PAGES["risk"]


def test_every_profile_that_ships_has_its_place_in_the_order() -> None:
    told = {name for row in table("profiles", "File") for name in named(row[0])}
    shipped = {file.name for file in (ROOT / "user_data/config").glob("risk-*.json")}
    assert told == shipped
