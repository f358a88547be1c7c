"""The native protection ``DailyLossGuard``, loaded by Freqtrade itself."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from freqtrade.exceptions import OperationalException
from freqtrade.persistence import PairLocks
from freqtrade.plugins.protectionmanager import ProtectionManager
from freqtrade.resolvers.protection_resolver import ProtectionResolver

from plimsoll.bridge.freqtrade.plugin_search import register
from tests.unit.bridge.trades import backtest_trades, close_in_backtest

NOON = datetime(2024, 8, 5, 12, tzinfo=UTC)
START_USD = 1000.0


@pytest.fixture(autouse=True)
def backtest() -> Iterator[None]:
    with backtest_trades():
        PairLocks.reset_locks()
        yield
        PairLocks.reset_locks()


def config(**risk: Any) -> dict[str, Any]:
    made = {"timeframe": "5m", "plimsoll": {"risk": {"max_daily_loss_fraction": 0.03, **risk}}}
    register(made)
    return made


def guard(options: dict[str, Any] | None = None, **risk: Any):
    settings = {"method": "DailyLossGuard", **(options or {})}
    return ProtectionResolver.load_protection("DailyLossGuard", config(**risk), settings)


def test_a_loss_exactly_at_the_limit_locks_until_the_day_ends() -> None:
    close_in_backtest(NOON, -30.0)
    answer = guard().global_stop(NOON, "long", START_USD)
    assert answer.lock is True
    assert answer.until == datetime(2024, 8, 6, tzinfo=UTC)
    assert answer.lock_side == "*"
    assert "30.00 USD" in answer.reason


def test_a_loss_one_cent_below_the_limit_locks_nothing() -> None:
    close_in_backtest(NOON, -29.99)
    assert guard().global_stop(NOON, "long", START_USD) is None


def test_a_loss_of_yesterday_does_not_count_today() -> None:
    close_in_backtest(NOON - timedelta(days=1), -500.0)
    close_in_backtest(NOON, -1.0)
    assert guard().global_stop(NOON, "long", START_USD) is None


def test_the_limit_is_of_the_equity_at_day_start_not_of_the_starting_balance() -> None:
    close_in_backtest(NOON - timedelta(days=1), 1000.0)
    close_in_backtest(NOON, -30.0)
    assert guard().global_stop(NOON, "long", START_USD) is None
    close_in_backtest(NOON, -30.0)
    assert guard().global_stop(NOON, "long", START_USD) is not None


def test_the_day_begins_at_the_hour_of_the_profile() -> None:
    close_in_backtest(NOON - timedelta(hours=2), -31.0)
    assert guard(day_starts_at_hour_utc=11).global_stop(NOON, "long", START_USD) is None
    answer = guard(day_starts_at_hour_utc=9).global_stop(NOON, "long", START_USD)
    assert answer.until == datetime(2024, 8, 6, 9, tzinfo=UTC)


def test_an_account_without_money_is_locked() -> None:
    assert guard().global_stop(NOON, "long", 0.0) is not None


def test_the_protection_manager_locks_all_pairs_on_both_sides_once() -> None:
    manager = ProtectionManager(config(), [{"method": "DailyLossGuard"}])
    close_in_backtest(NOON, -30.0)
    lock = manager.global_stop(now=NOON, starting_balance=START_USD)
    assert lock is not None
    assert (lock.pair, lock.side) == ("*", "*")
    assert manager.global_stop(now=NOON, starting_balance=START_USD) is None
    last = datetime(2024, 8, 5, 23, 55, tzinfo=UTC)
    assert PairLocks.is_global_lock(last, side="short")
    assert not PairLocks.is_global_lock(last + timedelta(minutes=10), side="long")


def test_it_never_locks_one_pair() -> None:
    close_in_backtest(NOON, -999.0)
    assert guard().stop_per_pair("BTC/USDT:USDT", NOON, "long", START_USD) is None


def test_options_beside_the_risk_profile_are_refused_by_name() -> None:
    with pytest.raises(
        OperationalException, match=r"found max_loss, stop_duration; .*plimsoll\.risk"
    ):
        guard({"stop_duration": 60, "max_loss": 1})


def test_a_profile_that_is_not_valid_is_refused() -> None:
    with pytest.raises(OperationalException, match=r"plimsoll: .*max_daily_loss_fraction"):
        guard(max_daily_loss_fraction=2)


def test_its_description_states_the_limits() -> None:
    said = guard(max_daily_loss_usd=12.5).short_desc()
    assert "3.0%" in said
    assert "12.5 USD" in said
