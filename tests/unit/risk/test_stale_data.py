"""Candles that are late, missing, from the future or not to be believed."""

from datetime import timedelta

import pytest

from plimsoll.core import Mode
from plimsoll.risk.guards.stale_data import stale_data
from tests.unit.risk.accounts import BTC, ETH, NOON, PROFILE, account, before, fresh


def late(seconds: float, pair: str = BTC, **changes):
    newest = before(seconds=300 + seconds)
    health = fresh(BTC, ETH, newest_candle_closed_at=newest, **changes)
    return stale_data(pair, account(data_health=health), PROFILE)


def test_a_candle_is_fresh_until_the_next_is_late() -> None:
    assert late(-300).mode is Mode.ACTIVE
    assert late(0).mode is Mode.ACTIVE
    assert late(5).mode is Mode.ACTIVE


def test_a_candle_later_than_the_limit_takes_no_entry() -> None:
    verdict = late(5.1)
    assert verdict.mode is Mode.REDUCING
    assert verdict.pair == BTC
    assert verdict.until == NOON + timedelta(seconds=60)
    assert verdict.value == pytest.approx(5.1)
    assert verdict.limit == 5
    assert verdict.reason == f"newest candle of {BTC} is 5.1 s late, limit 5 s"


def test_a_position_held_blindly_too_long_is_closed() -> None:
    assert late(300, ETH).mode is Mode.REDUCING
    verdict = late(301, ETH)
    assert verdict.mode is Mode.FLATTEN
    assert (verdict.value, verdict.limit) == (301, 300)


def test_a_pair_that_is_not_held_is_never_closed() -> None:
    assert late(9999, BTC).mode is Mode.REDUCING


def test_an_implausible_tick_takes_no_entry_and_says_why() -> None:
    verdict = late(0, implausible="price fell 95 % in one tick")
    assert verdict.mode is Mode.REDUCING
    assert "price fell 95 % in one tick" in verdict.reason
    assert (verdict.pair, verdict.limit) == (BTC, 5)


def test_an_implausible_tick_does_not_hide_a_blind_position() -> None:
    assert late(301, ETH, implausible="nonsense").mode is Mode.FLATTEN


def test_a_candle_from_the_future_denies() -> None:
    assert late(-301).mode is Mode.REDUCING
    assert "now 2024-08-05 12:00" in late(-301).reason


@pytest.mark.parametrize(
    "broken",
    [{"newest_candle_closed_at": None}, {"candle_seconds": 0.0}, {"candle_seconds": float("nan")}],
)
def test_data_without_a_time_deny(broken: dict) -> None:
    verdict = stale_data(BTC, account(data_health=fresh(BTC, **broken)), PROFILE)
    assert verdict.mode is Mode.REDUCING
    assert (verdict.pair, verdict.limit) == (BTC, 5)


@pytest.mark.parametrize("health", [None, fresh(ETH)])
def test_a_pair_without_data_denies(health) -> None:
    verdict = stale_data(BTC, account(data_health=health), PROFILE)
    assert verdict.mode is Mode.REDUCING
    assert f"no data of {BTC}" in verdict.reason
    assert (verdict.pair, verdict.limit) == (BTC, 5)


def test_signals_of_nothing_take_no_entries_and_close_nothing() -> None:
    health = fresh(BTC, signal_fault="the producer alpha has sent no 5m candles of BTC")
    verdict = stale_data(BTC, account(data_health=health), PROFILE)
    assert verdict.mode is Mode.REDUCING
    assert verdict.reason == "the producer alpha has sent no 5m candles of BTC"
    assert verdict.pair == BTC
