"""A person's halt."""

from plimsoll.core import Mode
from plimsoll.risk.guards.manual_halt import manual_halt
from tests.unit.risk.accounts import PROFILE, account


def test_nobody_halted_the_account() -> None:
    assert manual_halt(account(), PROFILE).mode is Mode.ACTIVE


def test_a_person_halts_with_a_reason() -> None:
    verdict = manual_halt(account(manual_halt_reason="flag file"), PROFILE)
    assert verdict.mode is Mode.HALTED
    assert verdict.until is None
    assert verdict.reason == "halted by hand: flag file"


def test_a_halt_without_a_word_is_a_halt() -> None:
    verdict = manual_halt(account(manual_halt_reason=""), PROFILE)
    assert verdict.mode is Mode.HALTED
    assert verdict.reason == "halted by hand: no reason given"
