"""Smaller stakes after a re-arming."""

from datetime import timedelta

from plimsoll.core import Mode
from plimsoll.risk import evaluate, evaluate_entry
from plimsoll.risk.guards.probation import probation
from tests.unit.risk.accounts import BTC, NOON, PROFILE, account, before, profile, request


def test_an_account_that_was_never_re_armed_has_whole_stakes() -> None:
    assert probation(account(), PROFILE).mode is Mode.ACTIVE


def test_after_a_re_arming_stakes_are_half_until_its_days_are_over() -> None:
    verdict = probation(account(rearmed_at=before(days=1)), PROFILE)
    assert (verdict.mode, verdict.stake_multiplier) == (Mode.REDUCING, 0.5)
    assert verdict.until == before(days=1) + timedelta(days=14)
    assert (verdict.value, verdict.limit) == (1.0, 14.0)
    assert "day 1.0 of 14: stakes times 0.5 until 20" in verdict.reason
    assert verdict.reason.endswith("or a new high")


def test_it_is_over_at_its_end_and_at_a_new_high() -> None:
    assert probation(account(rearmed_at=before(days=14)), PROFILE).mode is Mode.ACTIVE
    new_high = account(rearmed_at=before(days=1), peak_at=before(hours=1))
    assert probation(new_high, PROFILE).mode is Mode.ACTIVE


def test_an_entry_on_probation_is_allowed_at_its_share() -> None:
    seen = account(rearmed_at=NOON)
    verdict = evaluate_entry(request(), seen, profile(probation_stake_fraction=0.25))
    assert (verdict.rule, verdict.multiplier) == ("probation", 0.25)
    assert verdict.allows_entries


def test_of_probation_and_drawdown_the_lower_share_counts() -> None:
    seen = account(rearmed_at=NOON, equity_usd=915.0, day_start_equity_usd=915.0)
    half = profile(probation_stake_fraction=0.9, drawdown_stake_multiplier=0.5)
    assert evaluate(seen, half).of_pair(BTC).multiplier == 0.5
    quarter = profile(probation_stake_fraction=0.25, drawdown_stake_multiplier=0.5)
    assert evaluate(seen, quarter).of_pair(BTC).multiplier == 0.25
