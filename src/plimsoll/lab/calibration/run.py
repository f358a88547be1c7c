"""Market after market, a few at a time; every one that is done is kept."""

import hashlib
import json
import math
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

import plimsoll.gates
import plimsoll.lab.calibration
from plimsoll.core import UsageError
from plimsoll.lab.calibration.folder import write_market
from plimsoll.lab.calibration.hours import Hours
from plimsoll.lab.calibration.plan import FIRST, Cut, Source, Task, as_record
from plimsoll.lab.calibration.real_blocks import drawn_hours
from plimsoll.lab.calibration.synthetic import Shape, synthetic_hours
from plimsoll.lab.calibration.verdict import verdict_on
from plimsoll.lab.calibration.walk import Walker
from plimsoll.lab.walk_forward.jobs import in_forks

Row = dict[str, Any]
DECIDING = {
    plimsoll.lab.calibration: (
        *("edge", "folder", "hours", "plan", "real_blocks", "synthetic", "verdict", "walk"),
    ),
    plimsoll.gates: ("criteria", "criterion", "judging", "measures", "precision"),
}
"""Modules without which a row would be another."""
DIGITS, RETURN_DIGITS = 6, 7


@dataclass(frozen=True, slots=True)
class Ground:
    """What all markets are walked with: walkers by `Scenario.walker`, real weeks to draw from.

    ``limits`` are those of criteria in place of the shipped ones.
    """

    walkers: Mapping[str, Walker]
    cut: Cut
    seed: int
    folder: Path
    real: Hours | None = None
    limits: Mapping[str, float] = field(default_factory=dict)

    def hours(self, task: Task) -> Hours:
        """Return the market of a task.

        Raises
        ------
        UsageError
            When it is to be made of real weeks and there are none.
        """
        walker, scenario = self.walkers[task.scenario.walker], task.scenario
        seed, count = scenario.seed(self.seed, task.number), self.cut.hours(walker.warm_up)
        if scenario.source is Source.SYNTHETIC:
            return synthetic_hours(seed, count, scenario.edge, Shape.of(len(walker.ticks)))
        if self.real is None:
            raise UsageError("expected real candles to draw weeks from, found none")
        return drawn_hours(self.real, seed, count)


class Record:
    """The rows of a calibration, a line each in a file that belongs to what decides them."""

    def __init__(self, folder: Path, ground: Ground) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.file = folder / f"rows-{deciding(ground)}.jsonl"
        self.rows: dict[str, Row] = {}
        if self.file.exists():
            whole = self.file.read_text(encoding="utf-8")
            kept = whole[: whole.rfind("\n") + 1]  # a kill may have torn the last line
            if kept != whole:
                self.file.write_text(kept, encoding="utf-8")
            self.rows = {row["name"]: row for row in map(json.loads, kept.splitlines())}

    def add(self, row: Row) -> None:
        """Keep a row."""
        self.rows[row["name"]] = row
        with self.file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")


def deciding(ground: Ground) -> str:
    """Return a hash over what decides a row: code of markets and gates, strategies, and the cut."""
    whole = hashlib.sha256(json.dumps([asdict(ground.cut), ground.seed]).encode())
    for package, names in DECIDING.items():
        for name in names:
            whole.update(name.encode() + Path(package.__path__[0], f"{name}.py").read_bytes())
    for name, walker in sorted(ground.walkers.items()):
        whole.update(f"{name} {walker.fingerprint}".encode())
    if ground.limits:
        whole.update(json.dumps(dict(ground.limits), sort_keys=True).encode())
    return whole.hexdigest()[:12]


def calibrate(
    ground: Ground,
    tasks: Sequence[Task],
    record: Record,
    *,
    at_once: int,
    say: Callable[[str], object],
) -> list[Row]:
    """Walk every market that was not walked before; return the rows of all, in order.

    Raises
    ------
    PlimsollError
        What a strategy raised, or that a process is killed again and again.
    """
    left = {
        task.name: partial(walked, ground, task) for task in tasks if task.name not in record.rows
    }
    done = len(tasks) - len(left)
    if done:
        say(f"{done} of {len(tasks)} markets were walked before")
    began = time.monotonic()
    for task in {task.scenario.walker: task for task in tasks if task.name in left}.values():
        walked(ground, task, windows=1)  # so that no fork has to load what is compiled
    made = in_forks(left, at_once=at_once, say=say)
    for now, (name, row) in enumerate(made, start=1):
        record.add({"name": name, **row})
        if now % 20 == 0 or now == len(left):
            each = (time.monotonic() - began) / now
            rest = each * (len(left) - now) / 60
            say(f"{done + now} of {len(tasks)} markets, {each:.1f} s each, {rest:.0f} minutes left")
    return [record.rows[task.name] for task in tasks]


def walked(ground: Ground, task: Task, *, windows: int | None = None) -> Row:
    """Make the market of a task, walk it and judge what came out: a row of plain values."""
    began = time.perf_counter()
    walker = ground.walkers[task.scenario.walker]
    folder = ground.folder / hashlib.sha256(task.name.encode()).hexdigest()[:16]
    cut = ground.cut.laid(walker.warm_up)[:windows]
    seed = task.scenario.seed(ground.seed, task.number)
    try:
        candles = write_market(folder, ground.hours(task), walker.ticks, walker.timeframe, FIRST)
        account = walker.walk(folder, candles, cut, seed=seed)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    verdict = verdict_on(account, ground.limits)
    return {
        "scenario": as_record(task.scenario),
        "number": task.number,
        "go": verdict.go,
        "passed": dict(verdict.passed),
        "figures": {name: _plain(value) for name, value in verdict.figures.items()},
        "returns": _rounded(account.returns),
        "without_winner": sum(one is None for one in account.winners),
        "slower": account.slower,
        "seconds": round(time.perf_counter() - began, 2),
    }


def _rounded(returns: "pd.Series[float]") -> list[float]:
    return [round(float(one), RETURN_DIGITS) for one in returns]


def _plain(value: float) -> float | None:
    return round(value, DIGITS) if math.isfinite(value) else None
