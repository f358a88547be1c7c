"""How fast Freqtrade's backtest loop runs our strategies, and what their guards cost.

Seconds are those of the processor, and the least of several runs in turn: the ratios of one
invocation are what counts. The twins ``BracketTrend`` and ``PlainBracketTrend`` have the same
rules; their trade lists must be equal, or there is nothing to compare.
"""

import hashlib
import logging
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
from freqtrade.configuration import Configuration
from freqtrade.data.history import get_timerange
from freqtrade.enums import RunMode
from freqtrade.optimize.backtesting import Backtesting

from plimsoll.bridge.freqtrade.plugin_search import register
from plimsoll.core import PlimsollError
from plimsoll.lab.freqtrade import freqtrade
from plimsoll.lab.leaks.running import WIDE
from plimsoll.lab.user_folder import lay_out
from plimsoll.lab.venue import serve_venue
from tests.bench.features import full_set

PAIRS = tuple(f"{base}/USDT:USDT" for base in ("BTC", "ETH", "SOL", "XRP"))
START = "2025-06-30T00:00:00Z"
TIMERANGE, HALF = "20250101-20250630", "20250101-20250401"
STRATEGIES = Path(__file__).parent / "strategies"
ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Case:
    """One backtest to be timed."""

    strategy: str
    guards: bool = True
    protections: bool = False
    timerange: str = TIMERANGE
    timeframe: str = "5m"


@dataclass(frozen=True, slots=True)
class Timed:
    """What a backtest took and made; ``fills`` identifies its trade list."""

    seconds: float
    trades: int
    fills: str


CASES = {
    "no_trade": Case("NoTrade"),
    "buy_and_hold": Case("BuyAndHold"),
    "trend_follow": Case("TrendFollow"),
    "plain": Case("PlainBracketTrend"),
    "native": Case("PlainWithProtections", protections=True),
    "unguarded": Case("BracketTrend", guards=False),
    "guarded": Case("BracketTrend"),
    "guarded_half": Case("BracketTrend", timerange=HALF),
    "native_half": Case("PlainWithProtections", protections=True, timerange=HALF),
}


def run() -> dict[str, float]:
    """Return seconds of the loop alone, 4 pairs x 180 days x 5 m, and ratios of cost."""
    logging.disable(logging.CRITICAL)
    with TemporaryDirectory(prefix="plimsoll-bench-") as temporary:
        folder = Path(temporary)
        arguments = ["--symbols", ",".join(PAIRS), "--start", START, "--clock", "stepped"]
        with serve_venue(arguments, folder=folder) as venue:
            lay_out(folder / "user_data")
            named = layers(folder, venue.config)
            wanted = ["-t", "5m", "--timerange", "20241228-"]
            freqtrade(["download-data", *named, *wanted], folder=folder, log=folder / "log")
            rounds = [
                {name: _loop(folder, venue.config, case) for name, case in CASES.items()}
                for _ in range(ROUNDS)
            ]
            reading, computing = _data_and_features(folder, venue.config)
    timed = {name: min((one[name] for one in rounds), key=lambda t: t.seconds) for name in CASES}
    if len({timed[name].fills for name in ("plain", "unguarded", "guarded")}) != 1:
        raise PlimsollError(f"expected the twins to trade alike, found {timed}")
    return figures_of(timed, reading_seconds=reading, computing_seconds=computing)


def figures_of(
    timed: dict[str, Timed], *, reading_seconds: float, computing_seconds: float
) -> dict[str, float]:
    """Return the seconds of each case and the ratios between them."""
    seconds = {name: one.seconds for name, one in timed.items()}
    a_trade = {name: one.seconds / max(one.trades, 1) for name, one in timed.items()}
    return {f"engine_{name}_seconds": value for name, value in seconds.items()} | {
        "engine_twins_trades": timed["guarded"].trades,
        "engine_guards_cost_ratio": seconds["guarded"] / seconds["unguarded"],
        "engine_four_native_protections_cost_ratio": seconds["native"] / seconds["plain"],
        "engine_guarded_faster_than_plain": seconds["plain"] / seconds["guarded"],
        "engine_guarded_seconds_whole_over_half": seconds["guarded"] / seconds["guarded_half"],
        "engine_guarded_trades_whole_over_half": (
            timed["guarded"].trades / timed["guarded_half"].trades
        ),
        "engine_guarded_seconds_a_trade_whole_over_half": (
            a_trade["guarded"] / a_trade["guarded_half"]
        ),
        "engine_native_seconds_a_trade_whole_over_half": a_trade["native"] / a_trade["native_half"],
        "features_backtest_seconds": computing_seconds,
        "features_backtest_reading_seconds": reading_seconds,
        "features_backtest_over_reading": computing_seconds / reading_seconds,
    }


def layers(folder: Path, venue_config: Path) -> list[str]:
    """Return what the ``freqtrade`` command is told of the user folder and its config files."""
    config = folder / "user_data" / "config"
    files = [config / "base.json", venue_config, config / "mode-backtest.json"]
    named = [part for file in files for part in ("-c", str(file))]
    return ["--userdir", str(folder / "user_data"), *named]


def prepared(folder: Path, venue_config: Path, case: Case) -> Backtesting:
    """Return a backtest of a case that has read nothing yet."""
    args: dict[str, Any] = {
        "config": layers(folder, venue_config)[3::2],
        "user_data_dir": str(folder / "user_data"),
        "strategy": case.strategy,
        "timeframe": case.timeframe,
        "timerange": case.timerange,
        "enable_protections": case.protections,
    }
    register({"user_data_dir": folder / "user_data"})
    config = Configuration(args, RunMode.BACKTEST).get_config()
    config["enable_protections"] = case.protections
    config["stake_amount"] = 100
    if (STRATEGIES / f"{case.strategy}.py").exists():
        config["strategy_path"] = str(STRATEGIES)
    # Every guard is asked, and none denies: with denials there would be fewer trades to compare.
    config["plimsoll"] |= {"risk": WIDE, "guards": "enforce" if case.guards else "off"}
    return Backtesting(config)


def _loop(folder: Path, venue_config: Path, case: Case) -> Timed:
    """Run one backtest and time its loop alone."""
    backtesting = prepared(folder, venue_config, case)
    data, _ = backtesting.load_bt_data()
    backtesting._set_strategy(backtesting.strategylist[0])
    processed = backtesting.strategy.advise_all_indicators(data)
    first, last = get_timerange(processed)
    begun = time.process_time()
    result = backtesting.backtest(processed=processed, start_date=first, end_date=last)
    seconds = time.process_time() - begun
    Backtesting.cleanup()
    backtesting.exchange.close()
    return Timed(seconds, len(result["results"]), _fills(result["results"]))


def _data_and_features(folder: Path, venue_config: Path) -> tuple[float, float]:
    """Return seconds of reading a backtest's data, and of all features that its candles allow."""
    backtesting = prepared(folder, venue_config, CASES["no_trade"])
    reading, computing = [], []
    for _ in range(ROUNDS):
        begun = time.process_time()
        data, _span = backtesting.load_bt_data()
        reading.append(time.process_time() - begun)
        works = [full_set(frame)[1] for frame in data.values()]
        begun = time.process_time()
        for work in works:
            work()
        computing.append(time.process_time() - begun)
    Backtesting.cleanup()
    backtesting.exchange.close()
    return min(reading), min(computing)


def _fills(trades: pd.DataFrame) -> str:
    """Return a hash over when, where and at what price each trade began and ended."""
    if trades.empty:
        return ""
    columns = ["pair", "is_short", "open_date", "close_date", "open_rate", "close_rate", "amount"]
    return hashlib.sha256(trades[columns].to_csv(index=False).encode()).hexdigest()
