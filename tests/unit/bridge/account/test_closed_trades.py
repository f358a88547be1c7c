"""The closed trades of a bot's database and of a backtest's memory: each once, in order."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from freqtrade.persistence import LocalTrade, Trade

from plimsoll.bridge.account.closed_trades import ClosedTrades
from plimsoll.bridge.account.freqtrade_trades import closed_trade_of
from plimsoll.core import ClosedTrade
from tests.unit.bridge.trades import (
    add_to_database,
    backtest_trades,
    close_in_backtest,
    database_trades,
    fill_database,
    trade_fields,
)

NOON = datetime(2024, 1, 10, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module", autouse=True)
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with database_trades(tmp_path_factory.mktemp("db") / "trades.sqlite"):
        yield


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[LocalTrade]:
    """The trades that were read, one for each reading."""
    trades: list[LocalTrade] = []

    def counted(trade: LocalTrade) -> ClosedTrade:
        trades.append(trade)
        return closed_trade_of(trade)

    monkeypatch.setattr("plimsoll.bridge.account.closed_trades.closed_trade_of", counted)
    return trades


def profits(trades: list[ClosedTrade]) -> list[float]:
    return [trade.profit_usd for trade in trades]


def test_a_bot_reads_what_has_closed_since_the_last_look() -> None:
    fill_database([(NOON + MINUTE, 2.0), (NOON, 1.0)])
    closed = ClosedTrades()
    assert profits(closed.read()) == [1.0, 2.0]
    assert closed.read() == []
    add_to_database(NOON + 2 * MINUTE, 3.0)
    assert profits(closed.read()) == [3.0]
    assert profits(closed.trades) == [1.0, 2.0, 3.0]


def test_two_trades_that_close_in_the_same_instant_are_read_one_after_the_other() -> None:
    fill_database([(NOON, 1.0)])
    closed = ClosedTrades()
    assert profits(closed.read()) == [1.0]
    add_to_database(NOON, -2.0)
    assert profits(closed.read()) == [-2.0]
    assert profits(closed.trades) == [1.0, -2.0]


def test_a_close_that_is_heard_of_after_a_later_one_is_read() -> None:
    """A stop that filled on the exchange while its request failed was never counted."""
    fill_database([(NOON, 1.0)])
    closed = ClosedTrades()
    closed.read()
    add_to_database(NOON - MINUTE, -500.0)
    assert profits(closed.read()) == [-500.0]
    assert profits(closed.trades) == [-500.0, 1.0], "in the order of their closing"


def test_a_trade_that_closes_while_the_first_are_read_is_read_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Telegram and the REST API close trades in a thread of their own."""
    fill_database([(NOON, 1.0)])
    get_trades = Trade.get_trades

    def with_another(filters: list[object]) -> object:
        add_to_database(NOON + MINUTE, -2.0)
        monkeypatch.undo()
        return get_trades(filters)

    monkeypatch.setattr(Trade, "get_trades", with_another)
    closed = ClosedTrades()
    assert profits(closed.read()) == [1.0, -2.0]
    assert closed.read() == []
    assert profits(closed.trades) == [1.0, -2.0]


def test_a_trade_that_another_thread_closed_is_read_with_its_profit() -> None:
    """A thread keeps its own copy of a trade: a forced entry after an exit read it without one."""
    fill_database([])
    Trade.session.add(Trade(**trade_fields(NOON.replace(tzinfo=None))))
    Trade.commit()
    copy = Trade.get_trades([Trade.is_open.is_(True)]).one()
    assert copy.close_profit_abs is None

    def close() -> None:
        trade = Trade.get_trades([Trade.is_open.is_(True)]).one()
        trade.is_open, trade.close_date = False, NOON.replace(tzinfo=None)
        trade.close_profit, trade.close_profit_abs = 0.04, 4.0
        Trade.commit()

    with ThreadPoolExecutor(1) as another:
        another.submit(close).result()
    closed = ClosedTrades()
    assert profits(closed.read()) == [4.0]


def test_open_trades_and_trades_without_a_date_are_not_closed() -> None:
    fill_database([])
    Trade.session.add(Trade(**trade_fields(NOON.replace(tzinfo=None))))
    dateless = Trade(**trade_fields(NOON.replace(tzinfo=None)))
    dateless.is_open = False
    Trade.session.add(dateless)
    Trade.commit()
    closed = ClosedTrades()
    assert closed.read() == []
    dateless.close_date, dateless.close_profit_abs = NOON.replace(tzinfo=None), 4.0
    Trade.commit()
    assert profits(closed.read()) == [4.0]


def test_a_trade_that_is_deleted_stays_counted_and_hides_no_other() -> None:
    fill_database([(NOON, 1.0), (NOON + MINUTE, 2.0)])
    closed = ClosedTrades()
    closed.read()
    Trade.session.delete(Trade.get_trades([Trade.close_profit_abs == 1.0]).one())
    Trade.commit()
    assert closed.read() == []
    add_to_database(NOON + 2 * MINUTE, 3.0)
    assert profits(closed.read()) == [3.0]
    assert profits(closed.trades) == [1.0, 2.0, 3.0]


def test_a_bot_reads_each_trade_once(read: list[LocalTrade]) -> None:
    fill_database([(NOON, 1.0), (NOON, 2.0)])
    closed = ClosedTrades()
    for number in range(3):
        closed.read()
        add_to_database(NOON + number * MINUTE, 3.0)
    closed.read()
    assert len(read) == len(closed.trades) == 5


def test_a_backtest_reads_each_trade_once_as_they_close(read: list[LocalTrade]) -> None:
    closed = ClosedTrades()
    with backtest_trades():
        for number in range(5):
            close_in_backtest(NOON + number * MINUTE, float(number))
            assert profits(closed.read()) == [float(number)]
            assert closed.read() == []
    assert profits(closed.trades) == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert len(read) == 5
