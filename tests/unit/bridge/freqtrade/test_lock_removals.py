"""Who removed a lock: Freqtrade's two interfaces for people, or anybody else."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from freqtrade.persistence import PairLocks, Trade
from freqtrade.persistence.usedb_context import enable_database_use
from freqtrade.rpc.api_server import api_trading
from freqtrade.rpc.rpc import RPC
from freqtrade.rpc.telegram import Telegram

from plimsoll.bridge.freqtrade.lock_removals import note_removals, take_removal
from tests.unit.bridge.trades import database_trades

PAIR = "BTC/USDT:USDT"


@pytest.fixture(autouse=True)
def database(tmp_path: Path) -> Iterator[None]:
    with database_trades(tmp_path / "bot.sqlite"):
        enable_database_use()
        PairLocks.timeframe = "5m"
        note_removals()
        yield
        enable_database_use()


def locked(pair: str = PAIR) -> int:
    until = datetime.now(UTC) + timedelta(days=1)
    return PairLocks.lock_pair(pair, until, f"for a test, {pair}").id


def person() -> Any:
    return object.__new__(RPC)


def test_a_lock_that_a_person_removes_by_number_is_noted_once() -> None:
    one, other = locked(), locked("ETH/USDT:USDT")
    person()._rpc_delete_lock(lockid=one)
    assert [take_removal(one), take_removal(one), take_removal(other)] == [True, False, False]


def test_all_locks_of_a_pair_are_noted() -> None:
    one, other = locked(), locked("ETH/USDT:USDT")
    person()._rpc_delete_lock(pair=PAIR)
    assert [take_removal(one), take_removal(other)] == [True, False]


def test_what_a_strategy_unlocks_is_nobodys_removal() -> None:
    one = locked()
    PairLocks.unlock_pair(PAIR)
    assert PairLocks.get_pair_locks(PAIR) == []
    assert not take_removal(one)
    two = locked()
    PairLocks.unlock_reason(f"for a test, {PAIR}")
    assert PairLocks.get_pair_locks(PAIR) == []
    assert not take_removal(two)


def test_a_removal_that_failed_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    one = locked()

    def fails() -> None:
        raise OSError("the database is locked")

    monkeypatch.setattr(Trade, "commit", fails)
    with pytest.raises(OSError, match="locked"):
        person()._rpc_delete_lock(lockid=one)
    assert not take_removal(one)


def test_it_is_noted_before_the_lock_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop may look at any moment: a lock that is gone and not noted would be put back."""
    one, seen = locked(), []
    monkeypatch.setattr(Trade, "commit", lambda: seen.append(take_removal(one)))
    person()._rpc_delete_lock(lockid=one)
    assert seen == [True]


def test_noting_twice_wraps_once() -> None:
    before = RPC._rpc_delete_lock
    note_removals()
    assert RPC._rpc_delete_lock is before


def test_telegrams_unlock_ends_in_that_method() -> None:
    one = locked()
    telegram = object.__new__(Telegram)
    telegram._rpc = person()
    asked: list[int] = []

    async def locks(update: Any, context: Any) -> None:
        asked.append(1)

    telegram._locks = locks  # type: ignore[method-assign]
    unlock = Telegram._delete_locks.__wrapped__  # without the check of the chat
    asyncio.run(unlock(telegram, SimpleNamespace(), SimpleNamespace(args=[str(one)])))
    assert asked == [1]
    assert take_removal(one)


def test_the_rest_api_ends_in_that_method() -> None:
    one, two = locked(), locked("ETH/USDT:USDT")
    api_trading.delete_lock(one, rpc=person())
    assert take_removal(one)
    api_trading.delete_lock_pair(SimpleNamespace(lockid=two, pair=None), rpc=person())
    assert take_removal(two)
