"""What guards that observe cost around strategies of others, against the bare run.

Seconds are those of the processor in Freqtrade's backtest loop, the least of several rounds in
which the bare process and the guarded one take turns. The trades must be equal, by a hash over
every column, or there is nothing to compare.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from plimsoll.core import PlimsollError
from plimsoll.lab.processes import child_environment
from tests.conftest import ROOT
from tests.foreign.runs import BARE, OBSERVE, Runs, futures_runs

STRATEGIES = ("EmaCrossRoi", "FuturesLongShort", "DcaLadder", "MultiTimeframe")
"""By shape: a ROI table and trailing, a stop of its own with leverage, additions, informatives."""
SPAN = "20250616-20250630"
ROUNDS = 3
SECONDS = 900

Timed = Mapping[str, tuple[float, int, str]]
"""By strategy: seconds, trades, and a hash over them."""


def run() -> dict[str, float]:
    """Return seconds bare and ratios of cost, 4 pairs x 14 days x 5 m."""
    with (
        TemporaryDirectory(prefix="plimsoll-bench-") as temporary,
        futures_runs(Path(temporary), span=SPAN) as runs,
    ):
        rounds = [(_timed(runs, BARE), _timed(runs, OBSERVE)) for _ in range(ROUNDS)]
    bare, observed = ([one[place] for one in rounds] for place in (0, 1))
    return figures_of(least(bare), least(observed))


def least(rounds: list[Timed]) -> Timed:
    """Return the quickest run of each strategy."""
    return {name: min((one[name] for one in rounds), key=lambda t: t[0]) for name in STRATEGIES}


def figures_of(bare: Timed, observed: Timed) -> dict[str, float]:
    """Return the figures of the page.

    Raises
    ------
    PlimsollError
        When the trades differ.
    """
    figures: dict[str, float] = {"foreign_trades": sum(bare[name][1] for name in STRATEGIES)}
    for name in STRATEGIES:
        if bare[name][1:] != observed[name][1:]:
            raise PlimsollError(
                f"expected {name} to make the same trades under guards that observe, found "
                f"{bare[name][1]} bare and {observed[name][1]}"
            )
        figures[f"foreign_{name}_bare_seconds"] = bare[name][0]
        figures[f"foreign_{name}_cost_ratio"] = observed[name][0] / bare[name][0]
    sums = [sum(one[name][0] for name in STRATEGIES) for one in (bare, observed)]
    return {**figures, "foreign_cost_ratio": sums[1] / sums[0]}


def _timed(runs: Runs, guards: str) -> Timed:
    child = [sys.executable, "-m", "tests.bench.foreign_loop", str(runs.userdir), str(runs.data)]
    child += [str(runs.folder / f"{guards}.json"), SPAN, *STRATEGIES]
    done = subprocess.run(
        child,
        cwd=ROOT,
        env=child_environment(),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if done.returncode:
        raise PlimsollError(f"the timed backtest failed: {done.stderr[-500:]}")
    timed = json.loads(done.stdout.splitlines()[-1])
    return {name: (float(one[0]), int(one[1]), str(one[2])) for name, one in timed.items()}


if __name__ == "__main__":
    for figure, value in run().items():
        print(f"{figure:<60} {value:>12,.3f}")
