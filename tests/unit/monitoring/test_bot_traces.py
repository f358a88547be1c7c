"""What is read of a bot's folder and database, and the one file that is written."""

import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from plimsoll.bridge.state.folder import StateFolder
from plimsoll.core import Side
from plimsoll.monitoring.bot_traces import is_flag_up, last_trace, raise_flag, read_database
from plimsoll.monitoring.sight import BookedTrade
from tests.unit.bridge.trades import database_trades
from tests.unit.monitoring.sights import BTC


def test_the_flag_is_the_one_that_the_bot_reads(tmp_path: Path) -> None:
    assert is_flag_up(None) is None
    assert is_flag_up(tmp_path / "absent") is None
    assert is_flag_up(tmp_path) is False
    raise_flag(tmp_path, "the watchdog: bot_hung")
    assert is_flag_up(tmp_path) is True
    assert StateFolder(tmp_path).halt_reason() == "the watchdog: bot_hung"
    with pytest.raises(FileExistsError):
        raise_flag(tmp_path, "again")


def test_the_last_trace_is_when_the_status_was_written(tmp_path: Path) -> None:
    assert last_trace(None) is None
    assert last_trace(tmp_path) is None
    StateFolder(tmp_path).write_status({"mode": "ACTIVE"})
    os.utime(tmp_path / "status.json", (1_000_000_000, 1_000_000_000))
    assert last_trace(tmp_path) == datetime.fromtimestamp(1_000_000_000, UTC)


def test_open_trades_and_their_orders_are_read_from_freqtrades_own_tables(tmp_path: Path) -> None:
    from freqtrade.persistence import Order, Trade

    file = tmp_path / "bot.sqlite"
    with database_trades(file):
        for is_open, amount in ((True, 0.25), (False, 9.0)):
            trade = Trade(
                pair=BTC,
                exchange="binance",
                is_open=is_open,
                is_short=True,
                open_date=datetime(2026, 3, 2),  # noqa: DTZ001 - as Freqtrade has it
                open_rate=50_000.0,
                amount=amount,
                stake_amount=100.0,
                fee_open=0.0,
                fee_close=0.0,
            )
            trade.orders.append(
                Order(
                    ft_order_side="sell",
                    ft_pair=BTC,
                    ft_is_open=True,
                    ft_amount=amount,
                    ft_price=1.0,
                    order_id=f"id-{is_open}",
                )
            )
            Trade.session.add(trade)
        Trade.commit()
        seen = read_database(f"sqlite:///{file}")
    assert seen.fault is None
    assert seen.trades == (BookedTrade(id=1, pair=BTC, side=Side.SHORT, amount=0.25),)
    assert seen.order_ids == {"id-True"}


def test_a_database_that_is_gone_or_none_or_locked_is_a_fault(tmp_path: Path) -> None:
    file = tmp_path / "bot.sqlite"
    assert read_database(f"sqlite:///{file}").fault is not None
    assert not file.exists()
    assert read_database("sqlite://").fault == "it is in the bot's memory"
    assert read_database("nonsense").fault is not None
    file.write_bytes(b"no database at all, but long enough to be one" * 20)
    assert read_database(f"sqlite:///{file}").fault is not None
    file.unlink()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE trades (id)")
    assert read_database(f"sqlite:///{file}").fault is not None
