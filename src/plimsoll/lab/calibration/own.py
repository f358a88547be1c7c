"""``plimsoll calibrate``: how often the sandbox gate opens for a strategy of your own."""

import logging
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from plimsoll.bridge.config.settings import settings_from
from plimsoll.core import UsageError
from plimsoll.lab.calibration.edge import Edge
from plimsoll.lab.calibration.folder import whole_hours
from plimsoll.lab.calibration.plan import Cut, Scenario, Source, in_turn
from plimsoll.lab.calibration.run import Ground, Record, Row, calibrate
from plimsoll.lab.calibration.shares import Share, mean_sharpe, passes
from plimsoll.lab.calibration.walk import Walker
from plimsoll.lab.search.configuration import hyperopt_config, quiet

COMMAND = "calibrate"


@dataclass(frozen=True, slots=True)
class CalibrationRequest:
    """What is asked for; ``arguments`` are those of ``freqtrade hyperopt``.

    ``markets`` of each kind: without an edge, and with each of ``edges``.
    """

    arguments: tuple[str, ...]
    markets: int = 100
    cut: Cut = field(default_factory=Cut)
    edges: tuple[Edge, ...] = ()
    seed: int = 1
    workers: int | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """One kind of market: the edge, how often the gate opened, and the mean Sharpe ratio."""

    edge: Edge | None
    share: Share
    sharpe: float
    sharpe_error: float


@dataclass(frozen=True, slots=True)
class CalibrationOutcome:
    """What was measured of a strategy, and the rows that it rests on."""

    strategy: str
    measured: tuple[Measured, ...]
    rows: tuple[Row, ...]
    file: Path
    slower: str | None


def calibrate_own(request: CalibrationRequest, say: Callable[[str], object]) -> CalibrationOutcome:
    """Walk a strategy over made markets and have each judged; what was walked before is kept.

    Raises
    ------
    UsageError
        In one line: arguments, timeframe or limits that do not fit.
    PlimsollError
        What the strategy raised.
    """
    with quiet():
        config = hyperopt_config(request.arguments)
    limits = dict(settings_from(config).gates.limits)
    with _warnings_off(), tempfile.TemporaryDirectory(prefix="plimsoll-calibrate-") as folder:
        walker = Walker(config)
        whole_hours(walker.timeframe)
        ground = Ground(
            {walker.strategy: walker}, request.cut, request.seed, Path(folder), limits=limits
        )
        scenarios = [
            Scenario(walker.strategy, Source.SYNTHETIC, edge, request.markets)
            for edge in (None, *request.edges)
        ]
        if len({one.name for one in scenarios}) < len(scenarios):
            raise UsageError("expected edges that differ, found one twice")
        record = Record(Path(config["user_data_dir"]) / "plimsoll" / COMMAND, ground)
        at_once = request.workers or len(os.sched_getaffinity(0))
        rows = calibrate(ground, in_turn(scenarios), record, at_once=at_once, say=say)
    return CalibrationOutcome(
        strategy=walker.strategy,
        measured=tuple(_measured(scenario, rows) for scenario in scenarios),
        rows=tuple(rows),
        file=record.file,
        slower=next((row["slower"] for row in rows if row["slower"]), None),
    )


def _measured(scenario: Scenario, rows: Sequence[Row]) -> Measured:
    own = [row for row in rows if row["name"].startswith(f"{scenario.name}, market ")]
    return Measured(scenario.edge, passes(own), *mean_sharpe(own))


@contextmanager
def _warnings_off() -> Iterator[None]:
    """Keep silent of what holds for made markets: no funding, and short files of marks."""
    before: Any = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
