"""Limits in words: per cent, units, what is off, and what to type."""

from typing import Any

import pytest

from plimsoll.journal.limit_words import (
    accepted_words,
    change_words,
    layer_words,
    looser_words,
    refused_reload_words,
)


@pytest.mark.parametrize(
    ("name", "before", "after", "said"),
    [
        ("max_daily_loss_fraction", 0.02, 0.03, "max daily loss 2 % → 3 %"),
        ("max_daily_loss_usd", 20.0, None, "max daily loss 20 USD → off"),
        ("cooldown_seconds", 900, 0, "cooldown 900 s → 0 s"),
        ("consecutive_losses_pause_hours", 24.0, 0.5, "consecutive losses pause 24 h → 0.5 h"),
        ("flatten_on_consecutive_losses", True, False, "flatten on consecutive losses yes → no"),
        ("max_correlation", 0.7, 0.85, "max correlation 70 % → 85 %"),
        ("sizing", "fixed_fraction", "half_kelly", "sizing fixed_fraction → half_kelly"),
    ],
)
def test_a_limit_is_said_with_its_unit(name: str, before: Any, after: Any, said: str) -> None:
    assert change_words(name, before, after) == said


def test_what_waits_and_what_is_in_force_are_told_apart() -> None:
    changes = {"max_leverage": (1, 3), "max_orders": (5, 20)}
    said = looser_words(changes, ["max_leverage"], ["b.json loosens it."])
    waiting, _, taken = said.partition("/reload_config.")
    assert "not in force: max leverage 1 → 3" in waiting
    assert "plimsoll resume --allow-looser --reason" in waiting
    expected = " Limits are looser than before, and in force: max orders 5 → 20. b.json loosens it."
    assert taken == expected


def test_both_layers_are_named() -> None:
    said = layer_words("max_daily_loss_usd", 20, "mode-live.json", None, "risk-careful.json")
    assert said == (
        "risk-careful.json comes after mode-live.json and loosens it: max daily loss 20 USD → off."
    )


def test_an_acceptance_names_person_reason_and_limits() -> None:
    said = accepted_words({"max_leverage": (1, 3)}, "step two", "anna")
    assert said.startswith("Looser limits accepted by “anna” (“step two”): max leverage 1 → 3. ")
    assert "No looser limit waits" in accepted_words({}, "step two", "anna")


def test_a_refused_reload_says_that_all_stays() -> None:
    assert refused_reload_words("no").endswith("stay in force: no")
