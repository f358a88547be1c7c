"""A process of its own: print what the fast lane's first call costs, and the memory of a call.

``python -m tests.bench.fast_lane_process FOLDER CONFIG STRATEGY TIMERANGE``. Where the compiled
code is kept is the caller's business: ``NUMBA_CACHE_DIR``.
"""

import json
import logging
import math
import sys
import time
from pathlib import Path

from tests.bench.engine import Case
from tests.bench.fast_lane import analysed, closed, count_of

STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def main(folder: str, config: str, strategy: str, timerange: str) -> None:
    """Run a case's lane twice."""
    logging.disable(logging.CRITICAL)
    case = Case(strategy, guards=False, timerange=timerange)
    prepared = analysed(Path(folder), Path(config), case)
    seconds = []
    for _ in range(2):
        frames, began = prepared.copies(), time.process_time()
        before = resident_bytes("VmRSS", reset=True)
        prepared.lane.backtest(frames, prepared.first, prepared.last)
        seconds.append(time.process_time() - began)
        grown = resident_bytes("VmHWM") - before
    closed(prepared)
    told = {"first": seconds[0], "again": seconds[1], "bytes_a_candle": grown / count_of(frames)}
    print(json.dumps(told))


def resident_bytes(name: str, *, reset: bool = False) -> float:
    """Return a size of this process's memory in bytes; NaN where the system does not tell.

    ``reset`` lets its greatest size begin anew.
    """
    if not STATUS.exists() or not RESET.exists():
        return math.nan
    if reset:
        RESET.write_text("5", encoding="ascii")
    lines = STATUS.read_text(encoding="ascii").splitlines()
    [told] = [line.split()[1] for line in lines if line.startswith(f"{name}:")]
    return float(told) * 1024


if __name__ == "__main__":
    main(*sys.argv[1:])
