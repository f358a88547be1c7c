"""Which files `make mutation` changes, and with which room's tests."""

import pytest

from plimsoll.core import UsageError
from tests.conftest import ROOT
from tests.mutation.__main__ import ROOMS, chosen


def test_without_a_name_every_room_is_changed_whole() -> None:
    assert chosen([]) == {
        "risk": ["src/plimsoll/risk/*"],
        "bridge.state": ["src/plimsoll/bridge/state/*"],
        "bridge.account": ["src/plimsoll/bridge/account/*"],
        "bridge.guarding": ["src/plimsoll/bridge/guarding/*"],
    }


def test_modules_are_named_with_their_room_and_those_of_risk_without_too() -> None:
    names = ["latch", "risk.sizing", "guards.drawdown", "bridge.guarding.entry", "bridge.state"]
    assert chosen(names) == {
        "risk": [
            "src/plimsoll/risk/latch.py",
            "src/plimsoll/risk/sizing.py",
            "src/plimsoll/risk/guards/drawdown.py",
        ],
        "bridge.guarding": ["src/plimsoll/bridge/guarding/entry.py"],
        "bridge.state": ["src/plimsoll/bridge/state/*"],
    }


@pytest.mark.parametrize("name", ["nope", "bridge.guarding.nope", "bridge.config.settings"])
def test_an_unknown_name_is_refused_with_the_rooms(name: str) -> None:
    with pytest.raises(UsageError, match=rf"bridge\.guarding.*found {name}$"):
        chosen(["latch", name])


def test_the_tests_of_every_room_are_there() -> None:
    for tests in ROOMS.values():
        assert tests
        assert all((ROOT / test).exists() for test in tests)
