"""How fast the fast lane is beside Freqtrade's own loop, what it costs to compile, what it holds.

Seconds are those of the processor, the least of several calls. Each case is run by Freqtrade's
loop and by the lane; their trade lists must be equal in every column, or there is nothing to
compare.
"""

import hashlib
import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import optuna
import pandas as pd
from freqtrade.data.history import get_timerange
from freqtrade.optimize.backtesting import Backtesting

from plimsoll.core import PlimsollError
from plimsoll.lab.fast_lane import engine as lane_engine
from plimsoll.lab.fast_lane.engine import FastLane
from plimsoll.lab.freqtrade import freqtrade
from plimsoll.lab.leaks.running import WIDE
from plimsoll.lab.processes import child_environment
from plimsoll.lab.search.configuration import hyperopt_config
from plimsoll.lab.search.epochs import Epochs
from plimsoll.lab.search.space import plain_space
from plimsoll.lab.user_folder import lay_out
from plimsoll.lab.venue import serve_venue
from tests.bench import engines_of_others
from tests.bench.engine import PAIRS, START, Case, layers, prepared
from tests.conftest import ROOT

ROUNDS = 5
SECONDS = 900
CASES = {
    "plain": Case("PlainEmaCross", guards=False),
    "rules": Case("TrendFollow", guards=False),
    "guarded": Case("TrendFollow"),
    "portfolio": Case("TrendPortfolio", guards=False, timeframe="1h"),
}
LOSS = "SharpeHyperOptLossDaily"
EPOCHS = 31
"""Epochs that are timed, each with parameters of its own."""
DOWNLOADS = (("5m", "20241228-"), ("1h", "20241101-"), ("1d", "20231201-"))


@dataclass(frozen=True, slots=True)
class Analysed:
    """A backtest whose candles are analysed, and its lane."""

    backtesting: Backtesting
    lane: FastLane
    data: dict[str, pd.DataFrame]
    processed: dict[str, pd.DataFrame]
    first: datetime
    last: datetime

    def copies(self) -> dict[str, pd.DataFrame]:
        """Return the analysed candles for one call, which trims them in place."""
        return {pair: frame.copy() for pair, frame in self.processed.items()}


@dataclass(frozen=True, slots=True)
class Timed:
    """Both ways through one case.

    ``loop_seconds`` is the part of the lane's call from the first candle to the last: the compiled
    loop, and the Python that it asks.
    """

    candles: int
    trades: int
    freqtrade_seconds: float
    lane_seconds: float
    loop_seconds: float
    refusal: str | None


def run() -> dict[str, float]:
    """Return the figures of the page, 4 pairs x 180 days x 5 m."""
    logging.disable(logging.CRITICAL)
    with market(PAIRS, DOWNLOADS) as (folder, config):
        timed = {}
        for name, case in CASES.items():
            timed[name] = timed_case(folder, config, case)
            print(f"{name}: {timed[name]}", file=sys.stderr)
        figures = figures_of(timed)
        figures |= {"lane_epoch_ms": epoch_ms(folder, config, CASES["rules"])}
        figures |= {"lane_guarded_epoch_ms": epoch_ms(folder, config, CASES["guarded"])}
        figures |= first_calls(folder, config, CASES["rules"])
        figures |= others(folder, config, CASES["plain"])
    return figures


@contextmanager
def market(
    pairs: tuple[str, ...], downloads: tuple[tuple[str, str], ...]
) -> Iterator[tuple[Path, Path]]:
    """Serve the simulated exchange and download from it; yields the folder and its config."""
    with TemporaryDirectory(prefix="plimsoll-bench-") as temporary:
        folder = Path(temporary)
        arguments = ["--symbols", ",".join(pairs), "--start", START, "--clock", "stepped"]
        with serve_venue(arguments, folder=folder) as venue:
            lay_out(folder / "user_data")
            named = layers(folder, venue.config)
            for timeframe, span in downloads:
                wanted = ["-t", timeframe, "--timerange", span]
                freqtrade(["download-data", *named, *wanted], folder=folder, log=folder / "log")
            yield folder, venue.config


def analysed(folder: Path, config: Path, case: Case) -> Analysed:
    """Return a case with its data read and its features computed."""
    backtesting = prepared(folder, config, case)
    data, _ = backtesting.load_bt_data()
    backtesting._set_strategy(backtesting.strategylist[0])
    processed = backtesting.strategy.advise_all_indicators(
        {pair: frame.copy() for pair, frame in data.items()}
    )
    first, last = get_timerange(processed)
    return Analysed(backtesting, FastLane(backtesting), data, processed, first, last)


def closed(one: Analysed) -> None:
    """End a backtest and its connections."""
    Backtesting.cleanup()
    one.backtesting.exchange.close()


def timed_case(folder: Path, config: Path, case: Case) -> Timed:
    """Run a case by Freqtrade's loop once and by the lane several times.

    Raises
    ------
    PlimsollError
        When the trades differ in any column.
    """
    slow = analysed(folder, config, case)
    frames, began = slow.copies(), time.process_time()
    wanted = slow.backtesting.backtest(processed=frames, start_date=slow.first, end_date=slow.last)[
        "results"
    ]
    slow_seconds = time.process_time() - began
    closed(slow)
    quick, seconds, loops = analysed(folder, config, case), [], []
    with timed_loop() as moments:
        for _ in range(ROUNDS if quick.lane.refusal is None else 1):
            moments.clear()
            frames, began = quick.copies(), time.process_time()
            made = quick.lane.backtest(frames, quick.first, quick.last)["results"]
            seconds.append(time.process_time() - began)
            loops.append(moments[-1] - moments[0] if moments else 0.0)
    closed(quick)
    if trades_hash(made) != trades_hash(wanted):
        raise PlimsollError(
            f"expected the lane to trade {case.strategy} as Freqtrade does, found "
            f"{len(made)} trades for its {len(wanted)}, or other ones"
        )
    count = count_of(frames)
    return Timed(count, len(made), slow_seconds, min(seconds), min(loops), quick.lane.refusal)


@contextmanager
def timed_loop() -> Iterator[list[float]]:
    """Yield a list of when each call of the compiled loop began and ended."""
    moments: list[float] = []
    loop = lane_engine.run

    def watched(*arguments: Any) -> Any:
        moments.append(time.process_time())
        try:
            return loop(*arguments)
        finally:
            moments.append(time.process_time())

    lane_engine.run = watched
    try:
        yield moments
    finally:
        lane_engine.run = loop


def figures_of(timed: dict[str, Timed]) -> dict[str, float]:
    """Return candles a second and how many times as fast as Freqtrade each case is."""
    figures: dict[str, float] = {}
    for name, one in timed.items():
        ran = one.loop_seconds > 0.0
        figures |= {
            f"lane_{name}_trades": one.trades,
            f"lane_{name}_freqtrade_candles_a_second": one.candles / one.freqtrade_seconds,
            f"lane_{name}_candles_a_second": one.candles / one.lane_seconds,
            f"lane_{name}_loop_candles_a_second": (
                one.candles / one.loop_seconds if ran else float("nan")
            ),
            f"lane_{name}_times_freqtrade": one.freqtrade_seconds / one.lane_seconds,
        }
    return figures


def epoch_ms(folder: Path, config: Path, case: Case) -> float:
    """Return the milliseconds of an epoch of `plimsoll search`, the median of several.

    Parameters, features, signals, trades, loss; the parameters are drawn, as a search draws them.
    """
    own = {"risk": WIDE, "guards": "enforce" if case.guards else "off"}
    last = folder / "epoch.json"
    last.write_text(json.dumps({"stake_amount": 100, "plimsoll": own}), encoding="utf-8")
    arguments = [
        *(*layers(folder, config), "-c", str(last), "--strategy", case.strategy),
        *("-i", case.timeframe, "--timerange", case.timerange, "--hyperopt-loss", LOSS),
        *("--spaces", "buy", "sell"),
    ]
    epochs = Epochs(hyperopt_config(arguments))
    epochs.load()
    drawn = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    space, taken = plain_space(epochs.o_dimensions), []
    for _ in range(EPOCHS):
        params = drawn.ask(space).params
        began = time.process_time()
        epochs.evaluate(params)
        taken.append(time.process_time() - began)
    Backtesting.cleanup()
    epochs.exchange.close()
    return 1000 * median(taken[1:])  # the first also compiles


def first_calls(folder: Path, config: Path, case: Case) -> dict[str, float]:
    """Return what a process's first call costs, with nothing compiled and with all of it kept."""
    compiled = folder / "compiled"
    cold, cached = (first_call(folder, config, case, compiled=compiled) for _ in range(2))
    return {
        "lane_compile_cold_seconds": cold["first"] - cold["again"],
        "lane_compile_cached_seconds": cached["first"] - cached["again"],
        "lane_bytes_a_candle": cached["bytes_a_candle"],
    }


def first_call(
    folder: Path, config: Path, case: Case, *, compiled: Path | None = None
) -> dict[str, float]:
    """Return what a new process tells of its first calls; by default it finds all compiled."""
    kept = {} if compiled is None else {"NUMBA_CACHE_DIR": str(compiled)}
    child = [sys.executable, "-m", "tests.bench.fast_lane_process", str(folder), str(config)]
    done = subprocess.run(
        [*child, case.strategy, case.timerange],
        cwd=ROOT,
        env={**child_environment(), **kept},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if done.returncode:
        raise PlimsollError(f"the timed process failed: {done.stderr[-500:]}")
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told


def others(folder: Path, config: Path, case: Case) -> dict[str, float]:
    """Return candles a second of other engines on the same candles and signals."""
    one = analysed(folder, config, case)
    strategy = one.backtesting.strategy
    frames = {
        pair: strategy.ft_advise_signals(frame, {"pair": pair})
        for pair, frame in one.copies().items()
    }
    fee = one.backtesting.fee
    closed(one)
    count = engines_of_others.keep_candles(folder / "candles.npz", frames)
    return engines_of_others.run(folder / "candles.npz", count, fee=fee, folder=folder)


def count_of(frames: dict[str, pd.DataFrame]) -> int:
    """Return how many candles were traded on, of all pairs together."""
    return sum(len(frame) for frame in frames.values())


def trades_hash(trades: pd.DataFrame) -> str:
    """Return a hash over every column of a trade list."""
    return hashlib.sha256(trades.to_csv(index=False).encode()).hexdigest()


if __name__ == "__main__":
    os.nice(5)
    print(f"load {os.getloadavg()[0]:.2f}")
    for figure, value in run().items():
        print(f"{figure:<60} {value:>16,.3f}")
