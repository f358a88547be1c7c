"""Trades as Freqtrade holds them, in a backtest's memory and in a bot's database."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from freqtrade.persistence import LocalTrade, PairLocks, Trade, init_db
from freqtrade.persistence.models import PairLock
from freqtrade.persistence.usedb_context import FtNoDBContext, enable_database_use
from sqlalchemy import delete

from plimsoll.bridge.freqtrade import lock_removals

FEE = 0.0007


def trade_fields(opened: datetime, **others: Any) -> dict[str, Any]:
    """Fields of an open trade of 10 coins at 100 USDT."""
    return {
        "pair": "BTC/USDT:USDT",
        "exchange": "binance",
        "stake_currency": "USDT",
        "is_open": True,
        "open_date": opened,
        "open_rate": 100.0,
        "amount": 10.0,
        "stake_amount": 1000.0,
        "leverage": 1.0,
        "is_short": False,
        "fee_open": FEE,
        "fee_close": FEE,
        **others,
    }


def _closed_fields(closed: datetime, profit_usd: float) -> dict[str, Any]:
    return {"is_open": False, "close_date": closed, "close_profit_abs": profit_usd}


@contextmanager
def backtest_trades() -> Iterator[None]:
    """Let Freqtrade keep trades in memory for the length of the block."""
    with FtNoDBContext("5m"):
        LocalTrade.reset_trades()
        try:
            yield
        finally:
            LocalTrade.reset_trades()


def close_in_backtest(closed: datetime, profit_usd: float) -> None:
    """Open a trade and close it as the backtest does."""
    trade = LocalTrade(**trade_fields(closed - timedelta(hours=1)))
    LocalTrade.add_bt_trade(trade)
    for name, value in _closed_fields(closed, profit_usd).items():
        setattr(trade, name, value)
    LocalTrade.close_bt_trade(trade)


@contextmanager
def database_trades(file: Path, url: str | None = None) -> Iterator[None]:
    """Let Freqtrade keep trades in a real SQLite file, or at ``url``, for the block's length."""
    lock_removals._ids.clear()  # a new database counts its locks from 1 again
    init_db(f"sqlite:///{file}" if url is None else url)
    timeframe = PairLocks.timeframe
    enable_database_use()  # a backtest of before has turned it off
    PairLocks.timeframe = timeframe
    try:
        yield
    finally:
        Trade.session.remove()


def fill_database(closes: list[tuple[datetime, float]]) -> None:
    """Replace what the database holds by trades that closed so; there is no lock, nor was one."""
    Trade.session.execute(delete(Trade))
    Trade.session.execute(delete(PairLock))
    for closed, profit_usd in closes:
        add_to_database(closed, profit_usd)
    Trade.commit()


def add_to_database(closed: datetime, profit_usd: float) -> None:
    """Add one trade that closed so."""
    trade = Trade(**trade_fields(closed.replace(tzinfo=None) - timedelta(hours=1)))
    for name, value in _closed_fields(closed.replace(tzinfo=None), profit_usd).items():
        setattr(trade, name, value)
    Trade.session.add(trade)
    Trade.commit()
