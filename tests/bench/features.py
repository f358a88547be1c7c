"""What features cost: the full set on a million candles, and each beside its like elsewhere."""

import json
import subprocess
import sys
import time
import warnings
from collections.abc import Callable

import pandas as pd
import pandas_ta
from technical import indicators, qtpylib

from plimsoll import features
from plimsoll.checks.market_frame import market_frame
from tests.conftest import ROOT, random_candles

MILLION = 1_000_000
COMPARED = 100_000
Theirs = Callable[[pd.DataFrame], object]

PANDAS_TA: dict[str, Theirs] = {
    "rsi:period=14": lambda f: pandas_ta.rsi(f["close"], 14),
    "atr:period=14": lambda f: pandas_ta.atr(f["high"], f["low"], f["close"], 14),
    "adx:period=14": lambda f: pandas_ta.adx(f["high"], f["low"], f["close"], 14),
    "ema:period=50": lambda f: pandas_ta.ema(f["close"], 50),
    "cci:period=20": lambda f: pandas_ta.cci(f["high"], f["low"], f["close"], 20),
    "stochastic:period=14,smooth=3": lambda f: pandas_ta.stoch(
        f["high"], f["low"], f["close"], 14, 3, 3
    ),
    "money_flow:period=14": lambda f: pandas_ta.mfi(
        f["high"], f["low"], f["close"], f["volume"], 14
    ),
    "choppiness:period=14": lambda f: pandas_ta.chop(f["high"], f["low"], f["close"], 14),
    "vortex:period=28": lambda f: pandas_ta.vortex(f["high"], f["low"], f["close"], 28),
    "true_strength:short=13,long=25": lambda f: pandas_ta.tsi(f["close"], 13, 25),
    "return_skew:period=96": lambda f: pandas_ta.skew(f["close"], 96),
    "price_zscore:window=96": lambda f: pandas_ta.zscore(f["close"], 96),
    "efficiency_ratio:period=20": lambda f: pandas_ta.er(f["close"], 20),
    "line_slope:period=14": lambda f: pandas_ta.linreg(f["close"], 14, slope=True),
    "hull_distance:period=49": lambda f: pandas_ta.hma(f["close"], 49),
    "ulcer_index:period=14": lambda f: pandas_ta.ui(f["close"], 14),
    "donchian_high:period=20": lambda f: pandas_ta.donchian(f["high"], f["low"], 20, 20),
}
TECHNICAL: dict[str, Theirs] = {
    "chaikin_money_flow:period=20": lambda f: indicators.chaikin_money_flow(f, 20),
    "choppiness:period=14": lambda f: indicators.chopiness(f, 14),
    "vwap:period=96": lambda f: qtpylib.rolling_vwap(f, 96),
    "bollinger_upper:period=20,deviations=2": lambda f: qtpylib.bollinger_bands(f["close"], 20, 2),
    "keltner_upper:period=20,ranges=2": lambda f: qtpylib.keltner_channel(f, 20, 2),
    "awesome_oscillator:fast=5,slow=34": lambda f: qtpylib.awesome_oscillator(f),
    "hull_distance:period=49": lambda f: indicators.hull_moving_average(f, 49),
}


def seconds(work: Callable[[], object], *, repeats: int = 3) -> float:
    """Return the processor's least time of several calls."""
    taken = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken)


def compared_figure(library: str, text: str) -> str:
    """Return the name of the figure that compares a feature with the library's like."""
    return f"features_{library}_takes_times:{text}"


def ratios(library: str, compared: dict[str, Theirs], *, rows: int) -> dict[str, float]:
    """Return how many times as long the library takes for the same column."""
    candles = random_candles(rows)
    found = {}
    for text, theirs in compared.items():
        use = features.parse(text)
        ours = seconds(lambda use=use: use(candles))
        their_time = seconds(lambda theirs=theirs: theirs(candles.copy()))
        found[compared_figure(library, text)] = their_time / ours
    return found


def full_set(candles: pd.DataFrame) -> tuple[int, Callable[[], object]]:
    """Return how many features the candles allow and the work of computing all of them."""
    uses = [features.get(name).use_with_defaults() for name in features.names()]
    ready = [use for use in uses if not features.missing_columns(use, candles)]
    features.table(candles.iloc[:3000], ready)  # compiles what no earlier run has left on disk
    return len(ready), lambda: features.table(candles, ready)


def wall_seconds(work: Callable[[], object], *, repeats: int) -> list[float]:
    """Return the clock's time of each of several calls."""
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return taken


def a_process_of_its_own(rows: int, *, repeats: int = 3) -> dict[str, float]:
    """Return the least time of a first table and of a later one, of several new processes.

    The compiled code is on disk. A first table also loads that and asks for all its memory.
    """
    full_set(random_candles(10))
    call = [sys.executable, "-m", "tests.bench.features_process", str(rows)]
    runs = []
    for _ in range(repeats):
        done = subprocess.run(call, cwd=ROOT, check=True, capture_output=True, text=True)
        runs.append(json.loads(done.stdout))
    return {
        "features_first_table_wall_seconds": min(first for first, *_ in runs),
        "features_table_wall_seconds": min(min(later) for _, *later in runs),
    }


def run(*, rows: int = MILLION, compared_rows: int = COMPARED) -> dict[str, float]:
    """Return seconds of the full set on a million candles, and ratios to other libraries."""
    figures: dict[str, float] = a_process_of_its_own(rows)
    for what, candles in (("of_candles", random_candles(rows)), ("all", market_frame(rows))):
        figures[f"features_{what}_count"], work = full_set(candles)
        figures[f"features_{what}_million_seconds"] = seconds(work)
    _, work = full_set(random_candles(2000))
    figures["features_live_look_ms"] = min(wall_seconds(work, repeats=100)) * 1000
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        figures |= ratios("ft-pandas-ta", PANDAS_TA, rows=compared_rows)
        figures |= ratios("technical", TECHNICAL, rows=compared_rows)
    return figures


if __name__ == "__main__":
    for name, value in run().items():
        print(f"{name:<65} {value:>10,.2f}")
