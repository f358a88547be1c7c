"""A user folder with one stored backtest of one trade, and candles of an hour and five minutes."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.unit.execution.markets import FIVE, HOUR, calm
from tests.unit.performance.frames import BTC, trade, trades_frame, utc

STATED = {"fee_bps": 4, "spread_bps": 2, "slippage_bps": 1, "latency_ms": 0}


def store(
    folder: Path, *, costs: dict[str, Any] | None = STATED, fee: float = 0.0007, detail: bool = True
) -> Path:
    """Write the folder and return the result's file."""
    from freqtrade.optimize.optimize_reports import store_backtest_results

    candles = folder / "data" / "binance" / "futures"
    candles.mkdir(parents=True)
    calm(span=HOUR).to_feather(candles / "BTC_USDT_USDT-1h-futures.feather")
    if detail:
        calm(2880, span=FIVE).to_feather(candles / "BTC_USDT_USDT-5m-futures.feather")
    row = trade(utc("2024-01-05"), utc("2024-01-06"), 101.0, 110.0, fee=fee, exit_reason="roi")
    trades = trades_frame(row).astype({"close_date": str, "open_date": str}).to_dict("records")
    for record in trades:
        for name in ("open", "close"):
            record[f"{name}_timestamp"] = int(utc(record[f"{name}_date"]).timestamp() * 1000)
    stats = {
        "trades": trades,
        "timerange": "20240103-20240109",
        "timeframe": "1h",
        "backtest_start_ts": int(datetime(2024, 1, 3, tzinfo=UTC).timestamp() * 1000),
        "backtest_end_ts": int(datetime(2024, 1, 8, 23, tzinfo=UTC).timestamp() * 1000),
        "pairlist": [BTC],
        "starting_balance": 1_000.0,
        "final_balance": 1_000.0 + row["profit_abs"],
    }
    config = {
        "exportdirectory": folder / "backtest_results",
        "original_config": {
            "trading_mode": "futures",
            "stake_currency": "USDT",
            "exchange": {"name": "binance"},
            **({} if costs is None else {"plimsoll": {"costs": costs}}),
        },
    }
    config["exportdirectory"].mkdir()
    content = {"strategy": {"Mine": stats}, "strategy_comparison": [], "metadata": {"Mine": {}}}
    store_backtest_results(config, content, "2024-01-09_00-00-00")
    latest = config["exportdirectory"] / ".last_result.json"
    name = json.loads(latest.read_text(encoding="utf-8"))["latest_backtest"]
    return config["exportdirectory"] / name
