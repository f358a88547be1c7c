"""What an exit of the guards rests on stands, whatever a strategy sets."""

from typing import Any

import pytest

from plimsoll.bridge.wrapping.kept_settings import KeptSettings

LOADED = {"entry": "limit", "exit": "limit", "stoploss": "limit", "emergency_exit": "limit"}


class Holds:
    """A strategy's own value."""

    def __init__(self) -> None:
        self.types: Any = dict(LOADED)
        self.kept = KeptSettings(lambda name: self.types, ("order_types",))

    def read(self, *, closing: bool = False) -> dict[str, Any]:
        return self.kept.read("order_types", closing=closing)


def test_what_the_strategy_has_is_what_freqtrade_reads() -> None:
    held = Holds()
    assert held.read() is held.types
    held.types = {**LOADED, "exit": "market"}
    assert held.read() is held.types


@pytest.mark.parametrize("value", [None, {}, {"exit": "limit"}, "limit"], ids=str)
def test_a_key_that_is_gone_is_as_it_was_loaded(value: object) -> None:
    held = Holds()
    held.types = value
    assert held.read() == LOADED


@pytest.mark.parametrize("value", [None, {}, LOADED], ids=str)
def test_an_exit_of_the_guards_is_at_market_and_nothing_of_the_strategy_changes(
    value: dict[str, str] | None,
) -> None:
    held = Holds()
    held.types = value
    read = held.read(closing=True)
    assert (read["exit"], read["emergency_exit"]) == ("market", "market")
    assert (read["entry"], read["stoploss"]) == ("limit", "limit")
    assert held.types == value
    assert held.read()["exit"] == "limit"


def test_a_setting_that_cannot_be_read_is_as_it_was_loaded() -> None:
    answers: list[Any] = [{"exit": "limit"}]

    def own(_: str) -> Any:
        return answers.pop()

    kept = KeptSettings(own, ["order_types"])
    assert kept.read("order_types", closing=False) == {"exit": "limit"}
