"""Since when nothing was seen, and what that closes."""

from datetime import timedelta

from plimsoll.bridge.guarding.blindness import BLIND, Blindness
from plimsoll.core import Mode
from plimsoll.risk import RiskProfile
from tests.unit.bridge.bots import NOON

PROFILE = RiskProfile(max_blind_seconds=300)
SECOND = timedelta(seconds=1)


def blind() -> Blindness:
    blindness = Blindness()
    assert blindness.note(NOON, "no answer") is True
    return blindness


def test_an_account_that_is_seen_closes_nothing() -> None:
    blindness = Blindness()
    assert blindness.reason is None
    assert blindness.verdict(NOON, PROFILE) is None
    blindness.count_from(NOON)
    assert blindness.verdict(NOON + 999 * SECOND, PROFILE) is None


def test_blindness_exactly_at_its_limit_is_allowed() -> None:
    assert blind().verdict(NOON + 300 * SECOND, PROFILE) is None
    verdict = blind().verdict(NOON + 301 * SECOND, PROFILE)
    assert verdict is not None
    assert (verdict.mode, verdict.rule, verdict.pair) == (Mode.FLATTEN, BLIND, None)
    assert (verdict.value, verdict.limit) == (301.0, 300.0)
    assert verdict.reason == "nothing was seen for 301 s, limit 300 s: no answer"
    assert verdict.until is not None
    assert verdict.until - NOON > timedelta(days=36_500), "until nothing is open"


def test_it_counts_from_the_first_failure_and_says_the_last_reason() -> None:
    blindness = blind()
    assert blindness.note(NOON + 301 * SECOND, "no price") is False
    assert "no price" in blindness.verdict(NOON + 301 * SECOND, PROFILE).reason


def test_it_ends_when_the_account_is_seen() -> None:
    blindness = blind()
    blindness.end()
    assert blindness.reason is None
    assert blindness.note(NOON + 301 * SECOND, "again") is True
    assert blindness.verdict(NOON + 302 * SECOND, PROFILE) is None


def test_after_a_gap_it_counts_from_the_moment_that_it_looks_again() -> None:
    blindness = blind()
    blindness.count_from(NOON + 1000 * SECOND)
    assert blindness.verdict(NOON + 1300 * SECOND, PROFILE) is None
    assert blindness.verdict(NOON + 1301 * SECOND, PROFILE) is not None


def test_a_clock_that_was_set_back_hides_no_blindness() -> None:
    blindness = blind()
    blindness.note(NOON - 600 * SECOND, "still")
    assert blindness.verdict(NOON, PROFILE) is not None
