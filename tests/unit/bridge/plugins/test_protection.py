"""The native protections, loaded by Freqtrade's resolver and asked by its manager."""

import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from freqtrade.exceptions import OperationalException
from freqtrade.persistence import LocalTrade, PairLocks, Trade
from freqtrade.plugins.protectionmanager import ProtectionManager
from freqtrade.resolvers.protection_resolver import ProtectionResolver

from plimsoll.bridge.config.expectation import ExpectationFile
from plimsoll.bridge.freqtrade.plugin_search import register
from plimsoll.bridge.plugins.protection import PROTECTIONS, SEEN, say_what_is_not_seen
from plimsoll.bridge.state import locks
from plimsoll.core import Mode
from plimsoll.risk import GUARDS
from tests.conftest import ROOT
from tests.unit.bridge.trades import (
    add_to_database,
    backtest_trades,
    close_in_backtest,
    database_trades,
)

NOON = datetime(2024, 8, 5, 12, tzinfo=UTC)
START_USD = 1000.0
PAIR = "BTC/USDT:USDT"
FAR = NOON + timedelta(days=3650)
SHIPPED = sorted(file.stem for file in (ROOT / "plugins/protections").glob("*.py"))


@pytest.fixture(autouse=True)
def backtest() -> Iterator[None]:
    say_what_is_not_seen.cache_clear()
    with backtest_trades():
        PairLocks.reset_locks()
        yield
        PairLocks.reset_locks()


def config(risk: dict[str, Any], **others: Any) -> dict[str, Any]:
    made = {"timeframe": "5m", "plimsoll": {"risk": risk, **others}}
    register(made)
    return made


def managed(name: str, risk: dict[str, Any], **others: Any) -> ProtectionManager:
    return ProtectionManager(config(risk, **others), [{"method": name}])


def closes(manager: ProtectionManager, *profits_usd: float, minutes: int = 10) -> datetime:
    """Close trades one after the other, asking the manager at each as a backtest does."""
    closed = NOON
    for number, profit_usd in enumerate(profits_usd):
        closed = NOON + timedelta(minutes=minutes * number)
        close_in_backtest(closed, profit_usd)
        LocalTrade.bt_trades[-1].close_profit = profit_usd / START_USD
        ask(manager, closed)
    return closed


def ask(manager: ProtectionManager, now: datetime) -> None:
    manager.stop_per_pair(PAIR, now=now, side="long", starting_balance=START_USD)
    manager.global_stop(now=now, side="long", starting_balance=START_USD)


def is_locked(at: datetime) -> bool:
    return PairLocks.is_global_lock(at, side="long") and PairLocks.is_global_lock(at, side="short")


# All of them


def test_each_protection_that_ships_is_one_that_the_base_names() -> None:
    assert sorted(PROTECTIONS.values()) == SHIPPED
    assert set(PROTECTIONS) <= set(GUARDS.names())


@pytest.mark.parametrize("name", SHIPPED)
def test_it_loads_says_its_limit_and_takes_no_options(name: str) -> None:
    made = ProtectionResolver.load_protection(name, config({}), {"method": name})
    assert PROTECTIONS[made.rule] == name
    assert made.short_desc().startswith(f"{name} - ")
    assert "closed trades only" in made.short_desc()
    with pytest.raises(OperationalException, match=rf"{name} takes no options, found stop_dur"):
        ProtectionResolver.load_protection(name, config({}), {"method": name, "stop_duration": 5})


@pytest.mark.parametrize("name", SHIPPED)
def test_a_profile_that_is_not_valid_is_refused(name: str) -> None:
    with pytest.raises(OperationalException, match=r"plimsoll: .*max_daily_loss_fraction"):
        managed(name, {"max_daily_loss_fraction": 2})


@pytest.mark.parametrize("name", SHIPPED)
def test_it_locks_nothing_in_an_account_that_earns(name: str) -> None:
    closes(managed(name, {"max_trades_per_day": 100, "cooldown_seconds": 0}), *[5.0] * 40)
    assert PairLocks.locks == []


def test_what_no_protection_sees_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        ProtectionManager(config({}), [{"method": name} for name in SHIPPED])
        ProtectionManager(config({}), [{"method": name} for name in SHIPPED])
    [said] = [message for message in caplog.messages if "native protections" in message]
    blind = GUARDS.blind(SEEN)
    assert "liquidation_distance (needs positions)" in said
    told = set(re.findall(r"\w+", said))
    for name in GUARDS.names():
        assert (name in told) is (name not in PROTECTIONS), name
    assert set(blind) - set(PROTECTIONS) >= {"portfolio_heat", "stale_data", "api_errors"}


# Each


def test_a_drawdown_exactly_at_the_limit_locks_until_a_person_unlocks() -> None:
    manager = managed("DrawdownGuard", {"drawdown_halt_fraction": 0.1})
    closes(manager, 1000.0, -199.99)
    assert not is_locked(NOON + timedelta(hours=1))
    last = closes(manager, -0.01)
    assert is_locked(FAR)
    [lock] = PairLocks.locks
    assert lock.reason.startswith("plimsoll HALTED drawdown: ")
    assert list(locks.held_verdicts(last)) == [("drawdown", None)]


@pytest.mark.parametrize("guards", ["observe", "off"])
def test_it_locks_nothing_where_guards_are_not_to_act(guards: str) -> None:
    for name in SHIPPED:
        manager = managed(name, {"drawdown_halt_fraction": 0.1}, guards=guards)
        closes(manager, *[-20.0] * 8)
        assert "It locks nothing" in str(manager.short_desc())
    assert PairLocks.get_all_locks() == []


def test_a_drawdown_that_only_shrinks_stakes_locks_nothing() -> None:
    closes(managed("DrawdownGuard", {}), -100.0)
    assert PairLocks.locks == []


def test_a_halted_account_gets_no_second_lock() -> None:
    closes(managed("DrawdownGuard", {}), *[-50.0] * 15)
    assert len(PairLocks.locks) == 1


def test_five_losses_in_a_row_pause_from_the_last() -> None:
    manager = managed("ConsecutiveLossesGuard", {"consecutive_losses_pause_hours": 6})
    last = closes(manager, -1.0, -1.0, 1.0, -1.0, -1.0, -1.0, -1.0)
    assert PairLocks.locks == []
    close_in_backtest(last + timedelta(minutes=5), -1.0)
    ask(manager, last + timedelta(minutes=5))
    assert is_locked(last + timedelta(hours=6))
    assert not is_locked(last + timedelta(hours=6, minutes=15))
    assert locks.held_verdicts(last) == {}


def test_the_trades_of_a_day_lock_until_it_ends() -> None:
    manager = managed("TradesPerDayGuard", {"max_trades_per_day": 3})
    closes(manager, 1.0, 1.0)
    assert PairLocks.locks == []
    closes(manager, 1.0)
    assert is_locked(datetime(2024, 8, 5, 23, 55, tzinfo=UTC))
    assert not is_locked(datetime(2024, 8, 6, 0, 10, tzinfo=UTC))


def test_a_pair_waits_after_its_close_and_a_backtest_keeps_one_lock() -> None:
    manager = managed("CooldownGuard", {"cooldown_seconds": 1800})
    last = closes(manager, *[1.0] * 30, minutes=60)
    assert PairLocks.is_pair_locked(PAIR, last + timedelta(minutes=29), side="short")
    assert not PairLocks.is_pair_locked(PAIR, last + timedelta(minutes=36), side="long")
    assert not PairLocks.is_pair_locked("ETH/USDT:USDT", last, side="long")
    assert len(PairLocks.locks) == 1


def test_a_cooldown_after_the_locks_were_reset_is_made_anew() -> None:
    manager = managed("CooldownGuard", {})
    closes(manager, 1.0)
    PairLocks.reset_locks()
    last = closes(manager, 1.0, 1.0)
    assert PairLocks.is_pair_locked(PAIR, last, side="long")


def test_the_latest_trades_below_break_even_lock_until_a_person_unlocks() -> None:
    manager = managed("BreakEvenGuard", {"break_even_trades": 10, "break_even_z": 0})
    closes(manager, *[1.0, -1.1] * 4, 1.0)
    assert PairLocks.locks == []
    closes(manager, -1.1)
    assert is_locked(FAR)


def test_results_far_below_the_backtest_lock_until_a_person_unlocks(tmp_path: Path) -> None:
    file = tmp_path / "expectation.json"
    promised = ExpectationFile(
        source="a backtest",
        trades=100,
        mean_profit_fraction=0.02,
        profit_std_fraction=0.01,
        win_rate_fraction=0.6,
    )
    file.write_text(promised.model_dump_json(), encoding="utf-8")
    risk = {"divergence_trades": 10}
    with_file = managed("DivergenceGuard", risk, expectation_file=str(file))
    without = managed("DivergenceGuard", risk)
    last = closes(without, *[0.0] * 10)
    assert PairLocks.locks == []
    ask(with_file, last)
    assert is_locked(FAR)
    [lock] = PairLocks.locks
    assert "mean profit 0.000% of 10 trades" in lock.reason


def test_an_expectation_that_is_missing_is_refused() -> None:
    with pytest.raises(OperationalException, match=r"expected an expectation file, found nowhere"):
        managed("DivergenceGuard", {}, expectation_file="nowhere.json")


def test_a_bot_s_halt_survives_ends_by_a_person_and_is_measured_anew(tmp_path: Path) -> None:
    with database_trades(tmp_path / "bot.sqlite"):
        PairLocks.use_db = Trade.use_db = True  # the context around it ends so, too
        manager = managed("DrawdownGuard", {})
        add_to_database(NOON, -150.0)
        ask(manager, NOON)
        assert is_locked(FAR)
        again = managed("DrawdownGuard", {})  # as after a restart
        ask(again, NOON + timedelta(hours=1))
        assert len(PairLocks.get_all_locks()) == 1
        locks.release(locks.held_verdicts(NOON), NOON + timedelta(hours=2))
        add_to_database(NOON + timedelta(hours=3), -10.0)
        ask(again, NOON + timedelta(hours=3))
        assert not is_locked(NOON + timedelta(hours=3))
        assert locks.held_verdicts(NOON + timedelta(hours=3)) == {}
        add_to_database(NOON + timedelta(hours=4), -150.0)
        ask(again, NOON + timedelta(hours=4))
        held = locks.held_verdicts(NOON + timedelta(hours=4))
        assert [verdict.mode for verdict in held.values()] == [Mode.HALTED]
