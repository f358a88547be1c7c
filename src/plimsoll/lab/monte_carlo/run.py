"""``plimsoll monte-carlo`` from beginning to end."""

import os
import time
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any

import numpy as np

from plimsoll.bridge.config.fingerprint import code_fingerprint
from plimsoll.core import UsageError
from plimsoll.lab.monte_carlo.ground import Frames, Ground, Run
from plimsoll.lab.monte_carlo.outcomes import Outcome, redraw_record, shuffle_record
from plimsoll.lab.monte_carlo.own_data import beyond_signals, declared_data, watched_reads
from plimsoll.lab.monte_carlo.redraw import Integers
from plimsoll.lab.monte_carlo.shuffle import drawn_shifts
from plimsoll.lab.search.configuration import backtest_config, quiet
from plimsoll.lab.search.identity import config_fingerprint, data_fingerprint
from plimsoll.lab.walk_forward.jobs import in_forks
from plimsoll.lab.walk_forward.plan import now_text
from plimsoll.performance.bootstrap import SEED, stationary_draw

FORMAT = 1
PARTS = 20
"""So many jobs at least, for its progress to be told."""

Say = Callable[[str], object]


class Kind(StrEnum):
    """What is drawn by lot."""

    SIGNALS = "signals"
    CANDLES = "candles"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class MonteCarloRequest:
    """What is asked for; ``arguments`` are those of ``freqtrade backtesting``.

    ``block_days`` is the mean length of the blocks in which days are drawn, ``workers`` how many
    processes run at once (``None``: one a processor).
    """

    arguments: tuple[str, ...]
    runs: int = 200
    kind: Kind = Kind.BOTH
    block_days: float = 10.0
    seed: int = SEED
    workers: int | None = None


@dataclass(frozen=True, slots=True)
class MonteCarloOutcome:
    """What came of it: plain values, and how long it took."""

    record: dict[str, Any]
    seconds: float


def monte_carlo(request: MonteCarloRequest, say: Say) -> MonteCarloOutcome:
    """Run a strategy on shuffled signals, on redrawn days, or both.

    Raises
    ------
    UsageError
        In one line: arguments, strategy or data that do not fit.
    PlimsollError
        What a run raised, or that one is killed again and again.
    """
    began = time.perf_counter()
    _require_sound(request)
    with quiet():
        config = backtest_config(request.arguments)
    exchange, record = None, dict[str, Any]()
    for kind, study in ((Kind.SIGNALS, _shuffle), (Kind.CANDLES, _redraw)):
        if request.kind not in (kind, Kind.BOTH):
            continue
        ground = Ground(deepcopy(config), exchange)
        if not record:
            _require_fit(ground, request.kind)
            record = _stamp(ground, config, request)
        exchange = ground.backtesting.exchange
        record[kind.value] = study(ground, request, say)
    return MonteCarloOutcome(record, time.perf_counter() - began)


def _require_sound(request: MonteCarloRequest) -> None:
    if request.runs < 1:
        raise UsageError(f"expected 1 of --runs at least, found {request.runs}")
    if request.seed < 0:
        raise UsageError(f"expected a --seed of 0 at least, found {request.seed}")
    if not 1 <= request.block_days < float("inf"):
        raise UsageError(f"expected 1 of --block-days at least, found {request.block_days:g}")
    if request.workers is not None and request.workers < 1:
        raise UsageError(f"expected 1 of --workers at least, found {request.workers}")


def _require_fit(ground: Ground, kind: Kind) -> None:
    """Refuse a strategy that the lot could not do justice to."""
    name = ground.strategy.get_strategy_name()
    if kind is not Kind.CANDLES and (beyond := beyond_signals(ground.strategy)):
        raise UsageError(
            f"expected a strategy that decides by signals, which can be shuffled; {name} decides "
            f"by {beyond}"
        )
    if kind is not Kind.SIGNALS:
        _require_own_data(ground, declared_data(ground.strategy))


def _require_own_data(ground: Ground, read: Sequence[str]) -> None:
    if read:
        raise UsageError(
            "expected a strategy that reads nothing but the candles of its own pair, which days "
            f"are drawn from; {ground.strategy.get_strategy_name()} reads "
            f"{', '.join(dict.fromkeys(read))}; --kind signals shuffles its signals"
        )


def _stamp(ground: Ground, config: dict[str, Any], request: MonteCarloRequest) -> dict[str, Any]:
    """Return whose record it is, and what it was made with."""
    pairs = list(ground.candles)
    return {
        "format": FORMAT,
        "at": now_text(),
        "strategy": ground.strategy.get_strategy_name(),
        "pairs": pairs,
        "timeframe": ground.backtesting.timeframe,
        "span": [f"{one:%Y-%m-%dT%H:%M:%SZ}" for one in (ground.start, ground.end)],
        "seed": request.seed,
        "code_fingerprint": code_fingerprint(),
        "config_fingerprint": config_fingerprint(config),
        "data_fingerprint": data_fingerprint(ground.backtesting.config, pairs),
    }


# Signals shuffled


def _shuffle(ground: Ground, request: MonteCarloRequest, say: Say) -> dict[str, Any]:
    shifts = drawn_shifts(ground.traded_candles, request.runs, request.seed)
    real = ground.shuffled(0)
    _require_trades(ground, real)
    runs = _in_parts(partial(_shuffled_part, ground), shifts, "signals", request, say)
    return {"slower": real.slower, **shuffle_record(real.outcome, runs)}


def _shuffled_part(ground: Ground, shifts: Sequence[int]) -> list[Outcome]:
    return [ground.shuffled(by).outcome for by in shifts]


# Days drawn anew


def _redraw(ground: Ground, request: MonteCarloRequest, say: Say) -> dict[str, Any]:
    count = ground.days.count
    if request.block_days > count / 3:
        raise UsageError(
            f"expected --block-days of a third of the {count} days at most, found "
            f"{request.block_days:g}"
        )
    whole = ground.whole()
    with watched_reads(ground.strategy) as read:
        real = ground.redrawn(whole, np.arange(count))
    _require_own_data(ground, read)
    _require_trades(ground, real)
    draw = stationary_draw(
        count, mean_block=request.block_days, resamples=request.runs, seed=request.seed
    )
    histories = [np.asarray(draw.days[:, number], "i8") for number in range(request.runs)]
    part = partial(_redrawn_part, ground, whole)
    runs = _in_parts(part, histories, "candles", request, say)
    told = {"slower": real.slower, "days": count, "block_days": request.block_days}
    return told | redraw_record(real.outcome, runs)


def _redrawn_part(ground: Ground, whole: Frames, histories: Sequence[Integers]) -> list[Outcome]:
    return [ground.redrawn(whole, one).outcome for one in histories]


def _require_trades(ground: Ground, real: Run) -> None:
    if not real.outcome.trades:
        raise UsageError(
            f"{ground.strategy.get_strategy_name()} made no trade from {ground.start:%Y-%m-%d} to "
            f"{ground.end:%Y-%m-%d}, so that there is nothing to judge; take a longer --timerange"
        )


def _in_parts(
    run: Callable[[Sequence[Any]], list[Outcome]],
    lots: Sequence[Any],
    name: str,
    request: MonteCarloRequest,
    say: Say,
) -> list[Outcome]:
    """Return what each lot came to, in their order; a few at a time in forks of this process."""
    at_once = request.workers or len(os.sched_getaffinity(0))
    size = max(1, len(lots) // PARTS)
    firsts = range(0, len(lots), size)
    jobs = {f"{name} from {n}": partial(run, lots[n : n + size]) for n in firsts}
    made: dict[str, list[Outcome]] = {}
    began, done = time.perf_counter(), 0
    for job, outcomes in in_forks(jobs, at_once=at_once, say=say):
        made[job] = outcomes
        done += len(outcomes)
        say(f"{name}: {done} of {len(lots)} runs, {time.perf_counter() - began:.0f} s")
    return [one for job in jobs for one in made[job]]
