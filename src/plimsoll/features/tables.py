"""Many features at once: the columns of one pair, or of several, by several threads."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import parent_process
from threading import current_thread, main_thread
from typing import TypeVar

import numpy as np
import pandas as pd

from plimsoll.core import PlimsollError
from plimsoll.features.candles import Candles, Floats
from plimsoll.features.registry import FeatureUse, require_columns

MOST_THREADS = 2
"""Threads at most, unless the caller asks for more: memory keeps more than two waiting."""

LEAST_CANDLES = 20_000
"""Below this many candles a second thread costs more than it saves."""

Work = TypeVar("Work")


def table(
    candles: pd.DataFrame | Candles, uses: Iterable[FeatureUse], *, threads: int | None = None
) -> pd.DataFrame:
    """Return a column for each use on the candles' index; what they share is computed once.

    ``threads`` is by default `usual_threads`; the numbers are the same for any, to the last bit.

    Raises
    ------
    PlimsollError
        When the candles lack a column that one of them needs, or for less than one thread.
    """
    shared = candles if isinstance(candles, Candles) else Candles(candles)
    wanted = {use.column: use for use in uses}
    inputs = {name for use in wanted.values() for name in use.feature.inputs}
    if not all(name in shared for name in inputs):
        for use in wanted.values():
            require_columns(use, shared)
    block = np.empty((len(wanted), len(shared)))

    def write(job: tuple[FeatureUse, Floats]) -> None:
        job[0].write(shared, job[1])

    jobs = list(zip(wanted.values(), block, strict=True))
    _each(write, jobs, _threads(threads, len(shared), len(jobs)))
    return pd.DataFrame(block.T, index=shared.index, columns=list(wanted), copy=False)


def tables(
    frames: Mapping[str, pd.DataFrame],
    uses: Iterable[FeatureUse],
    *,
    threads: int | None = None,
) -> dict[str, pd.DataFrame]:
    """Return `table` of each pair's candles, by pair; the threads share out the pairs.

    Raises
    ------
    PlimsollError
        When candles lack a column that one of the uses needs, or for less than one thread.
    """
    wanted, made = list(uses), dict.fromkeys(frames, pd.DataFrame())

    def compute(pair: str) -> None:
        made[pair] = table(frames[pair], wanted, threads=1)

    longest = max(map(len, frames.values()), default=0)
    _each(compute, list(frames), _threads(threads, longest, len(frames)))
    return made


def usual_threads() -> int:
    """Return how many threads features use here when nobody says: at most `MOST_THREADS`.

    As many as processors that this process may run on; one in a process that another has started
    to share out work, such as a worker of hyperopt, and outside of the main thread, whose caller
    shares out work already.
    """
    if parent_process() is not None or current_thread() is not main_thread():
        return 1
    return min(len(os.sched_getaffinity(0)), MOST_THREADS)


def _threads(asked: int | None, rows: int, jobs: int) -> int:
    if asked is not None and asked < 1:
        raise PlimsollError(f"expected one thread or more, found {asked}")
    if asked is not None:
        return min(asked, max(jobs, 1))
    return usual_threads() if rows >= LEAST_CANDLES and jobs > 1 else 1


def _each(work: Callable[[Work], None], jobs: Sequence[Work], threads: int) -> None:
    """Do every job; the first error is raised once the jobs under way have ended."""
    if threads == 1:
        with np.errstate(all="ignore"):
            for job in jobs:
                work(job)
        return

    def quietly(job: Work) -> None:
        with np.errstate(all="ignore"):  # numpy keeps that a thread
            work(job)

    with ThreadPoolExecutor(threads, "features") as pool:
        try:
            for _ in pool.map(quietly, jobs):
                pass
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
