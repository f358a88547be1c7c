"""The base of the shipped strategies: what it refuses, and what it leaves with a result."""

import pytest
from freqtrade.enums import RunMode
from freqtrade.exceptions import OperationalException

from plimsoll.bridge.config.fingerprint import code_fingerprint
from tests.unit.bridge.strategies.test_rules import load


def test_the_guards_need_no_protection() -> None:
    assert load("TrendFollow", runmode=RunMode.DRY_RUN).protections == []


def test_the_fingerprint_is_in_what_the_cache_hashes_and_in_what_a_result_keeps() -> None:
    section = {"risk": {"day_starts_at_hour_utc": 5}}
    original = {"plimsoll": dict(section)}
    strategy = load("NoTrade", plimsoll=dict(section), original_config=original)
    strategy.ft_bot_start()
    for told in (strategy.config, original):
        assert told["plimsoll"] == {**section, "code_fingerprint": code_fingerprint()}


def test_live_without_the_opt_in_is_refused_by_the_strategy_itself() -> None:
    with pytest.raises(OperationalException, match="would trade with money"):
        load("NoTrade", runmode=RunMode.LIVE, dry_run=False)


def test_a_section_that_is_not_valid_is_refused() -> None:
    with pytest.raises(OperationalException, match=r"plimsoll\.risk\.typo"):
        load("NoTrade", plimsoll={"risk": {"typo": 1}})
