"""The log and the database of what has acted: neither waits for the other."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from freqtrade.persistence import PairLocks, Trade
from freqtrade.rpc.rpc import RPC
from sqlalchemy.exc import OperationalError

from plimsoll.bridge.state import locks
from plimsoll.core import Mode, Verdict
from tests.unit.bridge.guarding.test_supervisor import (
    HOUR,
    LOOP,
    NOW,
    Case,
    bot,
    case,
    file,
    halted,
    kept_verdicts,
)

__all__ = ["bot", "file"]

FELL = Verdict(Mode.HALTED, "drawdown", "fell 13 %")


@contextmanager
def locked_by_another(file: Path) -> Iterator[None]:
    """Let another process hold the database's write lock, as a backup does."""
    other = sqlite3.connect(file, isolation_level=None)
    Trade.session.commit()
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


def fails_to_record(made: Case, monkeypatch: pytest.MonkeyPatch, *kinds: str) -> None:
    """Let the log refuse records of some kinds, as a full disk does."""
    write = made.supervisor._places._record

    def record(kind: str, at: Any, **fields: Any) -> object:
        return False if str(kind) in kinds else write(kind, at, **fields)

    monkeypatch.setattr(made.supervisor._places, "_record", record)


def test_a_halt_is_on_record_before_its_lock_and_told_after_both(
    bot: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    hold, record, tell = locks.hold, bot.supervisor._places._record, bot.supervisor._tell

    def holds(*arguments: Any) -> bool:
        order.append("lock")
        return hold(*arguments)

    def records(kind: str, *arguments: Any, **fields: Any) -> object:
        order.append(f"record {fields.get('event')} {fields.get('durable')}")
        return record(kind, *arguments, **fields)

    def tells(text: str) -> None:
        order.append("tell")
        tell(text)

    monkeypatch.setattr(locks, "hold", holds)
    monkeypatch.setattr(bot.supervisor._places, "_record", records)
    monkeypatch.setattr(bot.supervisor, "_tell", tells)
    bot.supervisor.hold(FELL, NOW)
    assert order == ["record acted True", "lock", "tell"]


def test_a_locked_database_keeps_no_halt_from_the_log_or_from_the_people(
    file: Path, bot: Case
) -> None:
    with locked_by_another(file), pytest.raises(OperationalError):
        bot.supervisor.hold(FELL, NOW)
    assert [one["rule"] for one in bot.events("halt")] == ["drawdown"]
    assert "stands in memory alone" not in bot.told[0]
    assert bot.exits() == "drawdown"
    assert kept_verdicts() == []
    bot.loop()
    assert [one.rule for one in kept_verdicts()] == ["drawdown"]
    assert len(bot.events("halt")) == 1
    assert bot.events("rearm") == []


def test_all_that_acts_is_written_though_the_first_lock_fails(file: Path, bot: Case) -> None:
    bot.account.halt, bot.account.equity = "enough", 800.0
    with locked_by_another(file), pytest.raises(OperationalError):
        bot.loop()
    assert {one["rule"] for one in bot.events("halt")} == {"manual_halt", "drawdown"}
    assert len(bot.told) == len(bot.events("acted"))


def test_a_halt_that_the_log_could_not_take_is_recorded_when_it_can(
    bot: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as full:
        fails_to_record(bot, full, "halt")
        bot.supervisor.hold(FELL, NOW)
        assert bot.events("halt") == []
        assert [one.rule for one in kept_verdicts()] == ["drawdown"]
    bot.loop()
    bot.loop()
    assert [one["event"] for one in bot.events("halt")] == ["acted"]
    assert len(bot.told) == 1


def test_what_stands_in_memory_alone_is_said(
    file: Path, bot: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails_to_record(bot, monkeypatch, "halt")
    with locked_by_another(file), pytest.raises(OperationalError):
        bot.supervisor.hold(FELL, NOW)
    assert "stands in memory alone" in bot.told[0]
    assert bot.exits() == "drawdown"


def test_a_flatten_that_lasts_longer_is_on_record_with_its_new_end(bot: Case) -> None:
    verdict = Verdict(Mode.FLATTEN, "daily_loss", "lost 4 %", NOW + HOUR)
    bot.supervisor.hold(verdict, NOW)
    bot.account.equity = 950.0
    bot.loop()
    (longer,) = bot.events("prolonged")
    assert longer["durable"]
    assert longer["until"] == bot.supervisor.held["daily_loss", None].until
    assert longer["until"] > NOW + HOUR
    bot.loop()
    assert len(bot.events("prolonged")) == 1


def test_a_verdict_that_holds_already_is_not_imposed_again(bot: Case) -> None:
    for _ in range(2):
        bot.supervisor.hold(FELL, NOW)
    assert len(bot.events("halt")) == len(bot.told) == 1
    soft = Verdict(Mode.FLATTEN, "drawdown", "softer", NOW + HOUR)
    bot.supervisor.hold(soft, NOW)
    assert bot.supervisor.held["drawdown", None].mode is Mode.HALTED


# Who re-arms


def unlocks_pairs() -> None:
    PairLocks.unlock_pair("*", NOW + LOOP)


def unlocks_reason() -> None:
    (lock,) = PairLocks.get_pair_locks("*", NOW + LOOP)
    PairLocks.unlock_reason(lock.reason, NOW + LOOP)


def ends_the_row() -> None:
    (lock,) = PairLocks.get_pair_locks("*", NOW + LOOP)
    lock.lock_end_time = NOW
    Trade.commit()


def deletes_the_row() -> None:
    (lock,) = PairLocks.get_pair_locks("*", NOW + LOOP)
    Trade.session.delete(lock)
    Trade.commit()


@pytest.mark.parametrize("way", [unlocks_pairs, unlocks_reason, ends_the_row, deletes_the_row])
def test_what_a_strategy_unlocks_is_locked_again_recorded_and_told(bot: Case, way: Any) -> None:
    halted(bot)
    way()
    assert kept_verdicts(bot.now) == []
    bot.account.equity = bot.account.day_start = bot.account.high = 1000.0
    bot.loop()
    assert bot.exits() == "drawdown"
    assert [one.rule for one in kept_verdicts(bot.now)] == ["drawdown"]
    assert bot.events("rearm") == []
    (error,) = bot.events("error")
    assert (error["where"], error["durable"]) == ("latch", True)
    assert "not by a person" in bot.told[-1]
    assert bot.account.rearmed == []
    # Nor may it pass for a re-arming at the next start.
    assert locks.last_rearm(bot.now) is None or way in (ends_the_row, deletes_the_row)


def test_a_strategy_that_unlocks_in_every_loop_fills_neither_log_nor_phone(bot: Case) -> None:
    halted(bot)
    told = len(bot.told)
    for _ in range(20):
        unlocks_pairs()
        bot.loop()
    assert len(bot.events("error")) == len(bot.told) - told == 1
    assert [one.rule for one in kept_verdicts(bot.now)] == ["drawdown"]


def test_another_process_that_ends_a_lock_is_no_person_either(file: Path, bot: Case) -> None:
    halted(bot)
    Trade.session.commit()
    other = sqlite3.connect(file)
    other.execute("UPDATE pairlocks SET active = 0")
    other.commit()
    other.close()
    bot.loop()
    assert [one.rule for one in kept_verdicts(bot.now)] == ["drawdown"]
    assert bot.events("rearm") == []


def test_a_person_who_unlocked_once_has_not_unlocked_the_next_halt(bot: Case) -> None:
    halted(bot)
    (lock,) = PairLocks.get_pair_locks("*", bot.now)
    RPC._rpc_delete_lock(object.__new__(RPC), lockid=lock.id)
    lock.lock_end_time = bot.now
    bot.account.day_start = 870.0
    bot.loop()
    assert len(bot.events("rearm")) == 1
    bot.supervisor.hold(FELL, bot.now)
    PairLocks.unlock_pair("*", bot.now)
    bot.loop()
    assert len(bot.events("rearm")) == 1
    assert bot.exits() == "drawdown"


def test_a_rearming_that_cannot_be_recorded_rearms_nothing(
    bot: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    halted(bot)
    with monkeypatch.context() as full:
        fails_to_record(bot, full, "rearm")
        bot.supervisor.resume(bot.now, reason="seen", by="anna")
        assert bot.exits() == "drawdown"
        assert [one.rule for one in kept_verdicts(bot.now)] == ["drawdown"]
        assert "🛑 Not re-armed by “anna”: the decision log cannot be written" in bot.told[-1]
        (lock,) = PairLocks.get_pair_locks("*", bot.now)
        RPC._rpc_delete_lock(object.__new__(RPC), lockid=lock.id)
        bot.loop()
        assert [one.rule for one in kept_verdicts(bot.now)] == ["drawdown"], "nor does /unlock"
    assert bot.account.rearmed == []
    bot.supervisor.resume(bot.now, reason="seen", by="anna")
    assert bot.exits() is None
    (rearm,) = bot.events("rearm")
    assert rearm["released"] == [{"rule": "drawdown", "pair": None}]
    assert rearm["halted"] is True


def test_a_halt_that_a_native_protection_locked_beside_the_loop_is_taken_over(bot: Case) -> None:
    bot.loop()
    locks.hold(Verdict(Mode.HALTED, "break_even", "100 trades lost together"), bot.now)
    locks.hold(Verdict(Mode.FLATTEN, "cooldown", "a while", NOW + HOUR), bot.now)
    bot.loop()
    assert [one["rule"] for one in bot.events("halt")] == ["break_even"]
    assert bot.exits() == "break_even"
    assert ("cooldown", None) not in bot.supervisor.held


# A start


def test_the_stricter_of_log_and_database_is_held_and_the_other_brought_in_line(
    file: Path,
) -> None:
    until = NOW + timedelta(hours=2)
    softer = Verdict(Mode.FLATTEN, "drawdown", "fell", until)
    longer = Verdict(Mode.FLATTEN, "daily_loss", "lost", until)
    locks.hold(softer, NOW)
    locks.hold(Verdict(Mode.FLATTEN, "daily_loss", "lost", NOW + HOUR), NOW)
    locks.hold(Verdict(Mode.HALTED, "manual_halt", "news"), NOW)
    made = case()
    recorded = {(one.rule, one.pair): one for one in (FELL, longer)}
    made.supervisor.begin(NOW, recorded)
    assert {rule: one.mode for (rule, _), one in made.supervisor.held.items()} == {
        "drawdown": Mode.HALTED,
        "daily_loss": Mode.FLATTEN,
        "manual_halt": Mode.HALTED,
    }
    stored = locks.held_verdicts(NOW)
    assert stored["drawdown", None].mode is Mode.HALTED
    end = stored["daily_loss", None].until
    assert end is not None
    assert end >= until
    assert made.supervisor.held["daily_loss", None].until == until


def test_what_has_acted_at_this_start_is_told_as_new(file: Path) -> None:
    made, told = case(), []
    made.supervisor._tell = told.append
    made.supervisor.begin(NOW, {("drawdown", None): FELL}, new=FELL)
    assert "Still halted" not in told[0]
    assert "fell 13 %" in told[0]
