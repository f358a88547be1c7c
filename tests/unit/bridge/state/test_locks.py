"""Verdicts as Freqtrade's locks: in a bot's database and in a backtest's memory."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from freqtrade.persistence import PairLocks
from freqtrade.persistence.pairlock import PairLock
from freqtrade.persistence.usedb_context import enable_database_use
from freqtrade.rpc.rpc import RPC
from hypothesis import given, settings
from hypothesis import strategies as st

from plimsoll.bridge.state import locks
from plimsoll.core import Mode, Verdict
from tests.unit.bridge.trades import backtest_trades, database_trades

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
NOW = datetime(2026, 11, 19, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
CANDLE = timedelta(minutes=5)
"""Freqtrade lets a lock end with the candle that begins at its end."""
HALT = Verdict(Mode.HALTED, "drawdown", "drawdown 13.00% reached its limit 12.00%")
DAY = Verdict(Mode.FLATTEN, "daily_loss", "daily loss 31.00 USD", NOW + 12 * HOUR)
NEAR = Verdict(Mode.FLATTEN, "liquidation_distance", "5% left", NOW + HOUR, pair=BTC)


@pytest.fixture(params=["database", "memory"])
def kept_in(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Freqtrade's locks, in both of their homes."""
    if request.param == "memory":
        with backtest_trades():
            PairLocks.reset_locks()
            yield request.param
        return
    with database_trades(tmp_path / "locks.sqlite"):
        enable_database_use()
        PairLocks.timeframe = "5m"
        yield request.param
        enable_database_use()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Path]:
    file = tmp_path / "locks.sqlite"
    with database_trades(file):
        enable_database_use()
        PairLocks.timeframe = "5m"
        yield file
        enable_database_use()


def active(now: datetime = NOW) -> list[PairLock]:
    return list(PairLocks.get_pair_locks(None, now))


def unlock(number: int) -> None:
    """Remove a lock as Telegram's ``/unlock`` and REST do."""
    RPC._rpc_delete_lock(object.__new__(RPC), lockid=number)


# What is held is read back


@pytest.mark.parametrize("verdict", [HALT, DAY, NEAR])
def test_a_verdict_is_read_back_from_its_lock(kept_in: str, verdict: Verdict) -> None:
    locks.hold(verdict, NOW)
    found = locks.held_verdicts(NOW)
    assert found.keys() == {(verdict.rule, verdict.pair)}
    back = found[verdict.rule, verdict.pair]
    assert (back.mode, back.reason) == (verdict.mode, verdict.reason)
    assert back.until == (None if verdict.until is None else verdict.until + CANDLE)


def test_the_lock_says_to_everybody_what_it_is(kept_in: str) -> None:
    locks.hold(HALT, NOW)
    (lock,) = active()
    assert lock.reason == f"plimsoll HALTED drawdown: {HALT.reason}"
    assert (lock.pair, lock.side, lock.lock_time.replace(tzinfo=UTC)) == ("*", "*", NOW)


@settings(max_examples=200, deadline=None)
@given(
    mode=st.sampled_from([Mode.FLATTEN, Mode.HALTED]),
    rule=st.from_regex(r"[a-z_]{1,30}", fullmatch=True),
    reason=st.text(min_size=1, max_size=400),
    pair=st.sampled_from([None, BTC]),
)
def test_whatever_a_reason_holds_mode_rule_and_pair_survive(
    mode: Mode, rule: str, reason: str, pair: str | None
) -> None:
    until = NOW + HOUR if mode is Mode.FLATTEN else None
    verdict = Verdict(mode, rule, reason, until, pair=pair)
    with backtest_trades():
        PairLocks.reset_locks()
        locks.hold(verdict, NOW)
        (back,) = locks.held_verdicts(NOW).values()
    assert (back.mode, back.rule, back.pair) == (mode, rule, pair)
    assert back.until == (None if until is None else until + CANDLE)
    assert len(locks.lock_text(verdict)) <= 255


def test_a_long_reason_is_cut_to_what_the_database_keeps() -> None:
    verdict = Verdict(Mode.HALTED, "drawdown", "x" * 400)
    assert len(locks.lock_text(verdict)) == 255


@pytest.mark.parametrize("room", [-1, 0, 1, 2])
def test_a_reason_is_cut_exactly_where_the_column_ends(kept_in: str, room: int) -> None:
    """The last character that fits is kept; the one after it is not."""
    before = len("plimsoll HALTED drawdown: ")
    reason = "x" * (255 - before + room - 1) + "!"
    locks.hold(Verdict(Mode.HALTED, "drawdown", reason), NOW)
    (lock,) = active()
    kept = 255 - before
    assert lock.reason == f"plimsoll HALTED drawdown: {reason[:kept]}"
    assert lock.reason.endswith("!") is (room <= 0)
    assert len(lock.reason) == min(255, 255 + room)
    assert PairLock.__table__.c.reason.type.length == 255


def test_a_backtest_needs_no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(PairLock, "session", raising=False)
    with backtest_trades():
        PairLocks.reset_locks()
        locks.hold(HALT, NOW)
        locks.release([("drawdown", None)], NOW)
        assert locks.last_rearm(NOW) == NOW


def test_one_lock_is_read_by_itself_and_anothers_is_none(kept_in: str) -> None:
    locks.hold(HALT, NOW)
    (lock,) = active()
    assert locks.verdict_of(lock) == HALT
    assert locks.verdict_of(PairLocks.lock_pair(BTC, NOW + HOUR, "volatile", now=NOW)) is None


def test_a_halt_outlives_any_time(kept_in: str) -> None:
    locks.hold(HALT, NOW)
    later = NOW + timedelta(days=365 * 90)
    assert locks.held_verdicts(later)["drawdown", None].until is None


def test_a_flatten_ends_by_itself(kept_in: str) -> None:
    locks.hold(NEAR, NOW)
    assert locks.held_verdicts(NOW + HOUR)
    assert not locks.held_verdicts(NOW + HOUR + CANDLE)


def test_a_lock_of_somebody_else_is_left_alone(kept_in: str) -> None:
    PairLocks.lock_pair("*", NOW + HOUR, "plimsolls of another kind", now=NOW)
    PairLocks.lock_pair(BTC, NOW + HOUR, None, now=NOW)
    assert locks.held_verdicts(NOW) == {}
    locks.release([("drawdown", None), ("unreadable_lock", None)], NOW)
    assert len(active()) == 2


@pytest.mark.parametrize(
    "text",
    [
        "plimsoll HALTD drawdown: 13%",
        "plimsoll REDUCING spread: wide",
        "plimsoll ACTIVE x: y",
        "plimsoll HALTED",
        "plimsoll HALTED : no rule",
        "plimsoll ",
    ],
)
def test_a_lock_of_ours_that_cannot_be_read_halts(kept_in: str, text: str) -> None:
    PairLocks.lock_pair(BTC, NOW + HOUR, text, now=NOW)
    (verdict,) = locks.held_verdicts(NOW).values()
    assert (verdict.mode, verdict.rule, verdict.pair) == (Mode.HALTED, "unreadable_lock", BTC)
    assert verdict.reason == text
    locks.release([("unreadable_lock", BTC)], NOW)
    assert locks.held_verdicts(NOW) == {}


def test_a_reason_that_was_cut_off_still_halts(kept_in: str) -> None:
    PairLocks.lock_pair("*", NOW + HOUR, "plimsoll HALTED drawdown", now=NOW)
    assert locks.held_verdicts(NOW)["drawdown", None].reason == "no reason given"


# One lock a rule and pair


def test_holding_the_same_again_makes_no_second_lock(kept_in: str) -> None:
    for verdict in (DAY, DAY, NEAR, NEAR):
        locks.hold(verdict, NOW)
    assert len(active()) == 2


def test_a_later_end_takes_the_place_of_an_earlier(kept_in: str) -> None:
    locks.hold(NEAR, NOW)
    longer = Verdict(Mode.FLATTEN, NEAR.rule, "4% left", NOW + 2 * HOUR, pair=BTC)
    locks.hold(longer, NOW)
    (lock,) = active()
    assert lock.lock_end_time_utc == NOW + 2 * HOUR + CANDLE
    assert "4% left" in lock.reason


def test_an_earlier_end_does_not_shorten_a_lock(kept_in: str) -> None:
    locks.hold(NEAR, NOW)
    shorter = Verdict(Mode.FLATTEN, NEAR.rule, "4% left", NOW + HOUR / 2, pair=BTC)
    locks.hold(shorter, NOW)
    (lock,) = active()
    assert lock.lock_end_time_utc == NOW + HOUR + CANDLE


def test_rules_and_pairs_do_not_replace_each_other(kept_in: str) -> None:
    other_pair = Verdict(Mode.FLATTEN, NEAR.rule, "5% left", NOW + 2 * HOUR, pair=ETH)
    other_rule = Verdict(Mode.FLATTEN, "stale_data", "old", NOW + 2 * HOUR, pair=BTC)
    everywhere = Verdict(Mode.FLATTEN, NEAR.rule, "5% left", NOW + 3 * HOUR)
    for verdict in (NEAR, other_pair, other_rule, everywhere):
        locks.hold(verdict, NOW)
    assert len(active()) == 4


def test_a_lock_of_another_is_not_replaced(kept_in: str) -> None:
    PairLocks.lock_pair(BTC, NOW + HOUR / 2, "too volatile", now=NOW)
    locks.hold(NEAR, NOW)
    assert len(active()) == 2


def test_a_halt_takes_the_place_of_a_flatten_of_its_rule(kept_in: str) -> None:
    locks.hold(DAY, NOW)
    locks.hold(Verdict(Mode.HALTED, DAY.rule, "for good"), NOW)
    (verdict,) = locks.held_verdicts(NOW).values()
    assert verdict.mode is Mode.HALTED


# Release and re-arming


def test_only_the_rules_named_are_released(kept_in: str) -> None:
    for verdict in (HALT, DAY, NEAR):
        locks.hold(verdict, NOW)
    locks.release([("drawdown", None), (NEAR.rule, ETH)], NOW)
    assert locks.held_verdicts(NOW).keys() == {("daily_loss", None), (NEAR.rule, BTC)}


def test_nobody_has_ever_rearmed(kept_in: str) -> None:
    assert locks.last_rearm(NOW) is None
    locks.hold(HALT, NOW)
    assert locks.last_rearm(NOW) is None


def test_releasing_a_halt_is_a_rearming(kept_in: str) -> None:
    locks.hold(HALT, NOW)
    locks.release([("drawdown", None)], NOW + HOUR)
    assert locks.last_rearm(NOW + 5 * HOUR) == NOW + HOUR


def test_releasing_a_flatten_is_none(kept_in: str) -> None:
    locks.hold(DAY, NOW)
    locks.release([("daily_loss", None)], NOW + HOUR)
    assert locks.last_rearm(NOW + HOUR) is None


def test_a_lock_that_was_replaced_is_no_rearming(kept_in: str) -> None:
    first = Verdict(Mode.HALTED, "manual_halt", "one")
    locks.hold(first, NOW)
    locks.hold(first, NOW + HOUR)
    assert len(active(NOW + HOUR)) == 1
    assert locks.last_rearm(NOW + HOUR) is None


def test_the_last_of_several_rearmings_counts(kept_in: str) -> None:
    for hours in (1, 3, 2):
        locks.hold(Verdict(Mode.HALTED, f"rule_{hours}", "bad"), NOW)
        locks.release([(f"rule_{hours}", None)], NOW + hours * HOUR)
    assert locks.last_rearm(NOW + 9 * HOUR) == NOW + 3 * HOUR


def test_a_lock_switched_off_without_an_end_ends_when_it_is_seen(kept_in: str) -> None:
    locks.hold(HALT, NOW)
    PairLocks.unlock_pair("*", NOW)
    assert locks.last_rearm(NOW + HOUR) == NOW + HOUR
    # From then on it stays that moment, also after a restart.
    assert locks.last_rearm(NOW + 9 * HOUR) == NOW + HOUR


def test_the_end_of_such_a_lock_survives_the_process(database: Path) -> None:
    locks.hold(HALT, NOW)
    PairLocks.unlock_pair("*", NOW)
    assert locks.last_rearm(NOW + HOUR) == NOW + HOUR
    PairLock.session.rollback()
    with database_trades(database):
        assert locks.last_rearm(NOW + 9 * HOUR) == NOW + HOUR


def test_freqtrades_unlock_is_a_rearming(database: Path) -> None:
    locks.hold(HALT, NOW)
    (lock,) = active()
    with time_machine.travel(NOW + HOUR, tick=False):
        unlock(lock.id)
    assert locks.held_verdicts(NOW + HOUR) == {}
    assert locks.last_rearm(NOW + 2 * HOUR) == NOW + HOUR


def test_what_is_held_and_what_was_released_survives_the_process(database: Path) -> None:
    locks.hold(HALT, NOW)
    locks.hold(DAY, NOW)
    locks.release([("daily_loss", None)], NOW)
    with database_trades(database):
        assert locks.held_verdicts(NOW).keys() == {("drawdown", None)}
        locks.release([("drawdown", None)], NOW + HOUR)
    with database_trades(database):
        assert locks.held_verdicts(NOW + HOUR) == {}
        assert locks.last_rearm(NOW + HOUR) == NOW + HOUR


# Why an entry is not taken


def test_the_reason_of_the_account_comes_before_the_pairs(kept_in: str) -> None:
    assert locks.locked_because(NOW)(BTC) is None
    PairLocks.lock_pair(BTC, NOW + HOUR, None, now=NOW)
    assert locks.locked_because(NOW)(BTC) == "no reason given"
    assert locks.locked_because(NOW)(ETH) is None
    locks.hold(HALT, NOW)
    for pair in (BTC, ETH):
        assert locks.locked_because(NOW)(pair) == locks.lock_text(HALT)
