"""What a replay remembers of Freqtrade's database is what a query would say."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from inspect import getattr_static
from pathlib import Path

import pytest
from freqtrade.persistence import KeyValueStore, Order, PairLocks, Trade
from freqtrade.persistence.pairlock import PairLock
from sqlalchemy import event, text
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from plimsoll.bridge.freqtrade.replay_database import (
    FEES_UNKNOWN,
    Changes,
    keep_values,
    remember_locks,
    remember_trades,
    remember_unknown_fees,
    skip_empty_commits,
)
from tests.unit.bridge.bots import BTC, ETH, NOON, open_trade
from tests.unit.bridge.trades import database_trades

PATCHED = (
    (Session, "commit"),
    (Trade, "get_trades_proxy"),
    (Trade, "get_open_trade_count"),
    (Trade, "get_total_closed_profit"),
    (Trade, "total_open_trades_stakes"),
    *((Trade, name) for name in FEES_UNKNOWN),
    (PairLock, "query_pair_locks"),
    (PairLocks, "timeframe"),
    (KeyValueStore, "store_value"),
    (KeyValueStore, "get_value"),
    (KeyValueStore, "delete_value"),
)


class Statements:
    """The statements that reach the database."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def hear(self, _connection: object, _cursor: object, statement: str, *_: object) -> None:
        self.sent.append(statement)


@pytest.fixture(autouse=True)
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for owner, name in PATCHED:
        kept = getattr_static(owner, name)
        monkeypatch.setattr(owner, name, kept)  # put back after the test
    with database_trades(tmp_path / "bot.sqlite"):
        yield


@pytest.fixture
def changes() -> Changes:
    counted = Changes()
    counted.listen()
    return counted


@pytest.fixture
def statements() -> Iterator[list[str]]:
    heard = Statements()
    event.listen(Engine, "after_cursor_execute", heard.hear)
    yield heard.sent
    event.remove(Engine, "after_cursor_execute", heard.hear)


def test_open_trades_are_asked_for_once_until_one_is_written(
    changes: Changes, statements: list[str]
) -> None:
    remember_trades(changes)
    first = open_trade(NOON)
    assert Trade.get_open_trades() == [first]
    assert Trade.get_open_trade_count() == 1
    statements.clear()
    assert (Trade.get_open_trades(), Trade.get_open_trade_count()) == ([first], 1)
    assert statements == []
    second = open_trade(NOON, pair=ETH)
    assert (Trade.get_open_trades(), Trade.get_open_trade_count()) == ([first, second], 2)
    first.is_open = False
    Trade.commit()
    assert (Trade.get_open_trades(), Trade.get_open_trade_count()) == ([second], 1)


def test_stakes_and_profits_are_summed_again_after_a_change_only(
    changes: Changes, statements: list[str]
) -> None:
    remember_trades(changes)
    trade = open_trade(NOON)
    assert (Trade.total_open_trades_stakes(), Trade.get_total_closed_profit()) == (
        trade.stake_amount,
        0.0,
    )
    statements.clear()
    assert Trade.total_open_trades_stakes() == trade.stake_amount
    assert Trade.get_total_closed_profit() == 0.0
    assert statements == []
    trade.stake_amount = 77.0
    Trade.session.flush()
    assert Trade.total_open_trades_stakes() == 77.0, "written, if not yet for good"
    trade.is_open, trade.close_profit_abs = False, 12.5
    Trade.commit()
    assert (Trade.total_open_trades_stakes(), Trade.get_total_closed_profit()) == (0.0, 12.5)


def test_trades_of_unknown_fees_are_looked_for_after_a_change_only(
    changes: Changes, statements: list[str]
) -> None:
    plain = Trade.get_open_trades_without_assigned_fees
    remember_unknown_fees(changes)
    assert Trade.get_open_trades_without_assigned_fees() == []
    statements.clear()
    assert Trade.get_open_trades_without_assigned_fees() == []
    assert statements == []
    trade = open_trade(NOON)
    trade.orders.append(entry_order(trade))
    Trade.commit()
    assert plain() == Trade.get_open_trades_without_assigned_fees() == [trade]
    trade.fee_open_currency = "USDT"
    Trade.commit()
    assert plain() == Trade.get_open_trades_without_assigned_fees() == []


def entry_order(trade: Trade) -> Order:
    return Order(
        ft_order_side="buy",
        ft_pair=trade.pair,
        ft_is_open=False,
        ft_amount=1.0,
        ft_price=100.0,
        order_id="1",
        status="closed",
    )


def test_who_changes_the_list_changes_his_own(changes: Changes) -> None:
    remember_trades(changes)
    open_trade(NOON)
    Trade.get_open_trades().clear()
    assert len(Trade.get_open_trades()) == 1


def test_other_questions_go_to_the_database(changes: Changes) -> None:
    remember_trades(changes)
    open_trade(NOON)
    assert Trade.get_trades_proxy(pair=ETH, is_open=True) == []
    assert len(Trade.get_trades_proxy(pair=BTC)) == 1


def test_a_lock_is_seen_from_its_first_moment_to_its_last(changes: Changes) -> None:
    remember_locks(changes)
    PairLocks.timeframe = "5m"
    before = NOON - timedelta(minutes=10)
    assert PairLocks.get_pair_locks(BTC, before) == []
    PairLocks.lock_pair(BTC, NOON - timedelta(minutes=1), "a reason", now=before)
    for minutes in (-9, -1, 1, 20):
        now = NOON + timedelta(minutes=minutes)
        asked = len(PairLocks.get_pair_locks(BTC, now)), PairLocks.is_pair_locked(BTC, now)
        assert asked == ((1, True) if minutes < 0 else (0, False))
    assert PairLocks.get_pair_locks(ETH, before) == []


def test_a_commit_of_nothing_is_left_out_and_one_of_something_is_not(
    changes: Changes, statements: list[str], tmp_path: Path
) -> None:
    skip_empty_commits(changes)
    trade = open_trade(NOON)
    assert trade.pair == BTC
    statements.clear()
    Trade.commit()
    assert (trade.pair, statements) == (BTC, []), "what was read stays read"
    trade.stop_loss = 90.0
    Trade.commit()
    Trade.session.execute(text("UPDATE trades SET leverage = 3"))
    Trade.commit()
    with database_trades(tmp_path / "bot.sqlite"):
        stored = Trade.get_open_trades()[0]
        assert (stored.stop_loss, stored.leverage) == (90.0, 3.0)


def test_values_are_kept_and_written_at_the_end(statements: list[str]) -> None:
    at_end: list[Callable[[], None]] = []
    KeyValueStore.store_value("bot_start_time", NOON)
    keep_values(at_end.append)
    statements.clear()
    for count in range(3):
        KeyValueStore.store_value("telegram_thread_id", f"levels {count}")  # type: ignore[arg-type]
    assert KeyValueStore.get_value("telegram_thread_id") == "levels 2"  # type: ignore[arg-type]
    assert statements == []
    assert KeyValueStore.get_value("bot_start_time") == NOON
    KeyValueStore.delete_value("bot_start_time")
    assert KeyValueStore.get_value("bot_start_time") is None
    at_end[0]()
    stored = Trade.session.execute(text("SELECT key, string_value FROM KeyValueStore")).all()
    assert [tuple(row) for row in stored] == [("telegram_thread_id", "levels 2")]
