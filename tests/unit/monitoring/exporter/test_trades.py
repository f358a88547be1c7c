"""Sums over Freqtrade's own tables, in a real database of its own making."""

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from plimsoll.core import PlimsollError
from plimsoll.monitoring.exporter import trades
from plimsoll.monitoring.exporter.trades import read_trades
from tests.unit.bridge.trades import database_trades
from tests.unit.cli.bots import order
from tests.unit.cli.bots import trade as bot_trade
from tests.unit.monitoring.sights import BTC, ETH

BEGAN = datetime(2026, 3, 2)  # noqa: DTZ001 - as Freqtrade has it


def trade(
    pair: str,
    *,
    profit: float | None,
    realised: float = 0.0,
    tag: str | None = "cross",
    **others: Any,
) -> Any:
    from freqtrade.persistence import Trade

    fields = {
        "exchange": "binance",
        "is_short": False,
        "open_date": BEGAN,
        "open_rate": 100.0,
        "amount": 1.0,
        "stake_amount": 100.0,
        "fee_open": 0.0,
        "fee_close": 0.0,
        "fee_open_cost": 0.5,
        "fee_close_cost": 0.5,
        "funding_fees": -0.25,
        **others,
    }
    made = Trade(pair=pair, is_open=profit is None, enter_tag=tag, **fields)
    made.realized_profit = realised
    if profit is not None:
        made.close_profit_abs, made.close_profit = profit, profit / 100.0
        made.close_date = BEGAN + timedelta(hours=1)
    Trade.session.add(made)
    return made


@pytest.fixture
def database(tmp_path: Path) -> Path:
    from freqtrade.persistence import Trade

    file = tmp_path / "bot.sqlite"
    with database_trades(file):
        trade(BTC, profit=7.0)
        trade(BTC, profit=-2.0)
        trade(BTC, profit=1.0, is_short=True, tag=None)
        trade(ETH, profit=None, realised=3.0)
        Trade.commit()
    return file


def test_profit_by_pair_side_and_tag_with_partial_exits(database: Path) -> None:
    samples = read_trades(f"sqlite:///{database}")
    assert samples.value("realised_profit_usd", BTC, "long", "cross") == 5.0
    assert samples.value("trades_closed_total", BTC, "long", "cross") == 2.0
    assert samples.value("trades_won_total", BTC, "long", "cross") == 1.0
    assert samples.value("realised_profit_usd", BTC, "short", "") == 1.0
    assert samples.value("realised_profit_usd", ETH, "long", "cross") == 3.0
    assert samples.value("trades_closed_total", ETH, "long", "cross") == 0.0
    assert samples.value("fees_usd") == 0.0  # nothing was filled
    assert samples.value("funding_usd") == -1.0
    assert samples.value("open_trades") == 1.0
    assert samples.value("open_orders") == 0.0


def test_groups_beyond_the_most_are_one(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trades, "MOST_GROUPS", 1)
    samples = read_trades(f"sqlite:///{database}")
    names = [labels for name, labels, _ in samples.rows() if name.endswith("profit_usd")]
    assert names == [(BTC, "long", "cross"), ("other", "other", "other")]
    assert samples.value("realised_profit_usd", "other", "other", "other") == 4.0


def test_a_database_that_is_gone_locked_or_none_is_a_fault(database: Path, tmp_path: Path) -> None:
    with pytest.raises(PlimsollError, match="unable to open"):
        read_trades(f"sqlite:///{tmp_path / 'absent.sqlite'}")
    assert not (tmp_path / "absent.sqlite").exists()
    with pytest.raises(PlimsollError, match="memory"):
        read_trades("sqlite://")
    empty = tmp_path / "empty.sqlite"
    with closing(sqlite3.connect(empty)) as connection:
        connection.execute("CREATE TABLE other (id)")
    with pytest.raises(PlimsollError, match="no such table"):
        read_trades(f"sqlite:///{empty}")


def test_fees_are_of_every_fill_with_leverage_and_in_the_stake_currency(tmp_path: Path) -> None:
    from freqtrade.persistence import Trade

    file = tmp_path / "fees.sqlite"
    with database_trades(file):
        parts = [
            order(2, 100.0, 10.0, "buy"), order(3, 110.0, 4.0, "sell"),
            order(4, 120.0, 6.0, "stoploss"), order(5, 90.0, 1.0, "buy", filled=False),
        ]  # fmt: skip
        # Freqtrade's own costs: a tenth of the entry's by its leverage, and coins of the exit's.
        own = {"fee_open_cost": 0.05, "fee_close_cost": 0.003, "fee_close_currency": "BNB"}
        fees = {"fee_open": 0.001, "fee_close": 0.002, "leverage": 10.0}
        Trade.session.add(bot_trade(BTC, parts, closed=4, **fees, **own))
        coins = [order(6, 50.0, 2.0, "buy", ft_fee_base=0.002), order(7, 60.0, 1.998, "sell")]
        Trade.session.add(bot_trade(ETH, coins, closed=7, fee_open=0.001, fee_close=0.001))
        sold = [order(8, 50.0, 2.0, "sell"), order(9, 40.0, 2.0, "buy")]
        Trade.session.add(
            bot_trade(ETH, sold, closed=9, is_short=True, fee_open=0.001, fee_close=0.003)
        )
        Trade.commit()
    paid = 1000.0 * 0.001 + (440.0 + 720.0) * 0.002
    paid += 1.998 * (50.0 + 60.0) * 0.001 + 100.0 * 0.001 + 80.0 * 0.003
    assert read_trades(f"sqlite:///{file}").value("fees_usd") == pytest.approx(paid)
