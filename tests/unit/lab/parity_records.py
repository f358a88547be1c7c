"""A backtest's result and a bot's database of one strategy, by Freqtrade's own writers."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
from freqtrade.data.btanalysis import trade_list_to_dataframe
from freqtrade.optimize.optimize_reports import generate_backtest_stats, store_backtest_results
from freqtrade.persistence import Trade

from tests.unit.cli.bots import BEGIN, BTC, ETH, make_database, order, trade

SECOND = 1.0 / 3600.0
DAYS = 4


def backtest_trades() -> list[Trade]:
    """A win, a stop, one that nothing else has, and one that the end closes."""
    return [
        trade(BTC, [order(2, 100.0, 10.0, "buy"), order(10, 110.0, 10.0, "sell")], closed=10),
        trade(
            ETH,
            [order(12, 50.0, 40.0, "buy"), order(30, 45.0, 40.0, "sell")],
            closed=30,
            exit_reason="stop_loss",
        ),
        trade(BTC, [order(14, 100.0, 10.0, "buy"), order(20, 99.0, 10.0, "sell")], closed=20),
        trade(
            BTC,
            [order(40, 100.0, 10.0, "buy"), order(95, 104.0, 10.0, "sell")],
            closed=95,
            exit_reason="force_exit",
        ),
    ]


def bot_trades() -> list[Trade]:
    """The same as the bot made them: seconds later, at other prices, the last one still open."""
    late = 5 * SECOND
    return [
        trade(
            BTC,
            [order(2 + late, 100.5, 9.95, "buy"), order(10 + late, 109.8, 9.95, "sell")],
            closed=10 + late,
            amount_precision=0.01,
            precision_mode=4,
        ),
        trade(
            ETH,
            [order(12 + late, 50.0, 40.0, "buy"), order(30.4, 44.7, 40.0, "sell")],
            closed=30.4,
            exit_reason="stop_loss",
            funding_fees=-0.75,
        ),
        trade(BTC, [order(40 + late, 100.0, 10.0, "buy")]),
    ]


def make_records(folder: Path) -> tuple[Path, Path]:
    """Write both into a folder: the backtest's results and the bot's database."""
    folder.mkdir(parents=True, exist_ok=True)
    result = make_result(folder / "backtest_results", {"Crosses": backtest_trades()})
    return result, make_database(folder / "bot.sqlite", bot_trades())


def make_result(folder: Path, strategies: dict[str, list[Trade]], **config: Any) -> Path:
    """Write a backtest's result as Freqtrade stores it; return its folder."""
    folder.mkdir(parents=True)
    given = {
        "max_open_trades": 3,
        "stake_currency": "USDT",
        "stake_amount": 1_000.0,
        "dry_run_wallet": 10_000.0,
        "timeframe": "1h",
        "timerange": "20250301-20250305",
        "stoploss": -0.1,
        "minimal_roi": {"0": 10.0},
        "use_exit_signal": True,
        "exit_profit_only": False,
        "exit_profit_offset": 0.0,
        "ignore_roi_if_entry_signal": False,
        "trading_mode": "futures",
        "margin_mode": "isolated",
        "exportdirectory": folder,
        "original_config": {"trading_mode": "futures", "exchange": {"name": "binance"}},
        **config,
    }
    dates = pd.date_range(BEGIN, periods=24 * DAYS, freq="h")
    candles = pd.DataFrame({"date": dates, "open": 1.0, "close": 1.0})
    contents = {name: _content(given, trades) for name, trades in strategies.items()}
    last = BEGIN + timedelta(hours=24 * DAYS - 1)
    stats = generate_backtest_stats({BTC: candles}, contents, BEGIN, last)
    store_backtest_results(given, stats, "2025-03-06_10-00-00")
    return folder


def _content(config: dict[str, Any], trades: list[Trade]) -> dict[str, Any]:
    counts = ("rejected_signals", "timedout_entry_orders", "timedout_exit_orders")
    counts += ("canceled_trade_entries", "canceled_entry_orders", "replaced_entry_orders")
    return {
        "results": trade_list_to_dataframe(trades),
        "config": config,
        "locks": [],
        "final_balance": 10_000.0,
        "backtest_start_time": 0,
        "backtest_end_time": 1,
        "run_id": "x",
        **dict.fromkeys(counts, 0),
    }
