"""Many features at once: by any number of threads the same numbers, and one thread in a worker."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import starmap
from threading import Barrier, current_thread

import numpy as np
import pandas as pd
import pytest
from joblib import Parallel, delayed

from plimsoll import features
from plimsoll.checks.market_frame import market_frame
from plimsoll.core import PlimsollError
from plimsoll.features import Candles, Family, Unit, tables
from plimsoll.features.tables import LEAST_CANDLES, usual_threads
from tests.conftest import ROOT, random_candles

FRAME = market_frame(3000)
USES = [features.get(name).use_with_defaults() for name in features.names()]


def same_bits(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    return (
        one.columns.equals(other.columns) and one.to_numpy().tobytes() == other.to_numpy().tobytes()
    )


@pytest.mark.parametrize("threads", [2, 5])
def test_threads_change_no_bit(threads: int) -> None:
    alone = features.table(FRAME, USES, threads=1)
    for _ in range(3):
        assert same_bits(features.table(FRAME, USES, threads=threads), alone)


def test_threads_change_no_bit_where_values_are_missing() -> None:
    holes = FRAME.copy()
    holes.loc[[100, 101, 2000], "close"] = np.nan
    alone = features.table(holes, USES, threads=1)
    assert same_bits(features.table(holes, USES, threads=2), alone)
    assert alone["close_return_12"].isna().sum() > 36


def test_the_tables_of_pairs_are_those_of_each() -> None:
    frames = {"BTC": FRAME, "ETH": FRAME.iloc[:2500], "SOL": FRAME.iloc[:0]}
    made = tables(frames, USES, threads=2)
    assert list(made) == list(frames)
    assert all(starmap(same_bits, ((made[p], features.table(f, USES)) for p, f in frames.items())))


def test_two_callers_share_one_result() -> None:
    asked, both = [], Barrier(2, timeout=20)

    def slow(candles: Candles) -> np.ndarray:
        asked.append(current_thread())
        return candles["close"] * 2

    shared = Candles(FRAME)

    def ask(_: int) -> np.ndarray:
        both.wait()
        return shared.shared(slow)

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(ask, range(2))
    assert first is second
    assert len(asked) == 1


def test_an_error_in_a_thread_is_raised() -> None:
    with features.registering():

        @features.feature(
            lookback_candles=lambda: 0, unit=Unit.RATIO, source="Nobody", family=Family.TREND
        )
        def short(candles: Candles) -> np.ndarray:
            """One value too few."""
            return candles["close"][1:]

        with pytest.raises(PlimsollError, match="each of 3000 candles; found 2999"):
            features.table(FRAME, [*USES, short.use()], threads=2)


def test_fewer_than_one_thread_is_refused() -> None:
    with pytest.raises(PlimsollError, match="found 0"):
        features.table(FRAME, USES, threads=0)


def test_no_uses_make_a_table_without_columns() -> None:
    assert features.table(FRAME, []).shape == (len(FRAME), 0)


def test_in_a_worker_process_or_a_thread_there_is_one_thread() -> None:
    assert Parallel(n_jobs=2)(delayed(usual_threads)() for _ in range(2)) == [1, 1]
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(usual_threads).result() == 1


def test_only_many_candles_are_computed_by_more_than_one_thread() -> None:
    seen = set()
    with features.registering():
        for name in ("first", "second"):

            def formula(candles: Candles) -> np.ndarray:
                """Note the thread."""
                seen.add(current_thread().name)
                return candles["close"]

            formula.__name__ = name
            features.feature(
                lookback_candles=lambda: 0, unit=Unit.RATIO, source="Nobody", family=Family.TREND
            )(formula)
        uses = [features.get("first").use(), features.get("second").use()]
        features.table(random_candles(LEAST_CANDLES - 1), uses)
        assert seen == {current_thread().name}
        seen.clear()
        features.table(random_candles(LEAST_CANDLES), uses)
    assert all(name.startswith("features") for name in seen) == (usual_threads() > 1)


def test_two_processes_that_start_at_once_compile_into_one_cache(tmp_path) -> None:
    script = (
        "import numpy as np\n"
        "from plimsoll.features.kernels import rolling_mean\n"
        "print(rolling_mean(np.arange(50.0) ** 2, 20)[19:].sum())"
    )
    call = [sys.executable, "-c", script]
    environment = {"NUMBA_CACHE_DIR": str(tmp_path), "PATH": "", "PYTHONPATH": str(ROOT / "src")}
    started = [
        subprocess.Popen(call, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    first, second = (process.communicate(timeout=120)[0] for process in started)
    assert first == second != ""
    assert list(tmp_path.rglob("*.nbi"))
    third = subprocess.run(call, env=environment, check=True, capture_output=True, text=True)
    assert third.stdout == first
