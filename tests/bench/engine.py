"""How fast Freqtrade's backtest loop runs our strategies. Ratios within one run are what counts."""

import logging
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from freqtrade.configuration import Configuration
from freqtrade.data.history import get_timerange
from freqtrade.enums import RunMode
from freqtrade.optimize.backtesting import Backtesting

from plimsoll.bridge.loading import register
from plimsoll.lab.freqtrade import freqtrade
from plimsoll.lab.user_folder import lay_out
from plimsoll.lab.venue import serve_venue

PAIRS = tuple(f"{base}/USDT:USDT" for base in ("BTC", "ETH", "SOL", "XRP"))
START = "2025-06-30T00:00:00Z"
TIMERANGE = "20250101-20250630"


def run() -> dict[str, float]:
    """Return candles a second of the loop alone, 4 pairs x 180 days x 5 m, and what guards cost."""
    logging.disable(logging.CRITICAL)
    with TemporaryDirectory(prefix="plimsoll-bench-") as temporary:
        folder = Path(temporary)
        arguments = ["--symbols", ",".join(PAIRS), "--start", START, "--clock", "stepped"]
        with serve_venue(arguments, folder=folder) as venue:
            lay_out(folder / "user_data")
            layers = _layers(folder, venue.config)
            wanted = ["-t", "5m", "--timerange", "20241228-"]
            freqtrade(["download-data", *layers, *wanted], folder=folder, log=folder / "log")
            timed = {
                name: _loop(folder, venue.config, strategy, protections=protections)
                for name, strategy, protections in (
                    ("no_trade", "NoTrade", True),
                    ("buy_and_hold", "BuyAndHold", True),
                    ("trend_follow", "TrendFollow", True),
                    ("trend_follow_unguarded", "TrendFollow", False),
                )
            }
    figures = {
        f"engine_{name}_candles_a_second": candles / seconds
        for name, (candles, seconds, _) in timed.items()
    }
    figures["engine_trend_follow_trades"] = timed["trend_follow"][2]
    guarded, unguarded = timed["trend_follow"][1], timed["trend_follow_unguarded"][1]
    figures["engine_protections_cost_ratio"] = guarded / unguarded
    return figures


def _layers(folder: Path, venue_config: Path) -> list[str]:
    config = folder / "user_data" / "config"
    files = [config / "base.json", venue_config, config / "mode-backtest.json"]
    named = [part for file in files for part in ("-c", str(file))]
    return ["--userdir", str(folder / "user_data"), *named]


def _loop(
    folder: Path, venue_config: Path, strategy: str, *, protections: bool
) -> tuple[int, float, int]:
    """Return the candles, the seconds of the loop alone and the number of trades."""
    args: dict[str, Any] = {
        "config": _layers(folder, venue_config)[3::2],
        "user_data_dir": str(folder / "user_data"),
        "strategy": strategy,
        "timeframe": "5m",
        "timerange": TIMERANGE,
        "enable_protections": protections,
    }
    register({"user_data_dir": folder / "user_data"})
    config = Configuration(args, RunMode.BACKTEST).get_config()
    config["enable_protections"] = protections
    backtesting = Backtesting(config)
    data, _ = backtesting.load_bt_data()
    backtesting._set_strategy(backtesting.strategylist[0])
    backtesting.strategy.ft_bot_start()
    processed = backtesting.strategy.advise_all_indicators(data)
    first, last = get_timerange(processed)
    begun = time.perf_counter()
    result = backtesting.backtest(processed=processed, start_date=first, end_date=last)
    seconds = time.perf_counter() - begun
    candles = sum(len(frame) for frame in processed.values())
    Backtesting.cleanup()
    backtesting.exchange.close()
    return candles, seconds, len(result["results"])
