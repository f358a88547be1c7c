"""Train an allocator on what the rule strategies made of a Freqtrade data folder."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from plimsoll.agents import Allocator, write_allocator
from plimsoll.agents.allocator_training import AllocatorPlan, TrainedAllocator, train_allocator
from plimsoll.agents.sharing import sleeves_of_days
from plimsoll.agents.shelf import ONE_DAY
from plimsoll.bridge.strategies.panel import FUNDING_TIMEFRAME, Panel, real, resampled, settled
from plimsoll.core import PlimsollError
from plimsoll.lab.results import load_candles, stored_kind
from plimsoll.learning.allocation import LONG_DAYS, AllocationTerms, Sleeves
from plimsoll.learning.allocation_judgement import (
    LEAST_EPISODES,
    AllocationJudgement,
    judge_allocation,
)
from plimsoll.signals.components import sleeves, span_of
from plimsoll.signals.ensemble import component_returns

TIMEFRAME, SHORT = "1h", "4h"
FIRST, FAR = pd.Timestamp("2015-01-01", tz="UTC"), pd.Timestamp("2100-01-01", tz="UTC")


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocatorLesson:
    """What an allocator is to learn from: whole days from ``begin`` to before ``until``, UTC."""

    datadir: Path
    pairs: Sequence[str]
    begin: pd.Timestamp
    until: pd.Timestamp
    terms: AllocationTerms = field(default_factory=AllocationTerms)
    plan: AllocatorPlan = field(default_factory=AllocatorPlan)


@dataclass(frozen=True, eq=False, slots=True)
class TaughtAllocator:
    """An allocator, where it lies, and how it did on the quarters after; ``None`` of too few."""

    allocator: Allocator
    file: Path
    trained: TrainedAllocator
    judgement: AllocationJudgement | None


def rule_returns(datadir: Path, pairs: Sequence[str]) -> pd.DataFrame:
    """Return what each rule strategy of the ensemble made each day, days × sleeves.

    By the same functions as the ensemble's own (`component_returns`), from all stored candles of
    the hour and the funding beside them. Days before every sleeve has held something are left out.

    Raises
    ------
    PlimsollError
        Without candles or funding, or where the sleeves have never all held something.
    """
    hours = load_candles(datadir, pairs, TIMEFRAME, start=FIRST, end=FAR)
    own = {pair: real(hours[pair]) for pair in pairs}
    candles = {
        long: {pair: resampled(own[pair], TIMEFRAME, long) for pair in pairs}
        for long in ("1d", SHORT)
    }
    rates = {
        pair: settled(stored_kind(datadir, pair, FUNDING_TIMEFRAME, "funding_rate"))
        for pair in pairs
    }
    panel = Panel(candles, pd.DataFrame(rates, columns=list(pairs), dtype="float64").sort_index())
    closes = panel.closes(SHORT)
    opens = pd.DatetimeIndex(closes.index)
    held = sleeves(panel.closes("1d"), panel.candles[SHORT], opens, panel.settlements)
    times = pd.DatetimeIndex(panel.settlements.index).floor(span_of(opens))
    paid = panel.settlements.groupby(times).sum(min_count=1)
    weights = {name: sleeve.weights for name, sleeve in held.items()}
    returns = component_returns(weights, closes, paid)
    begun = (returns != 0).cummax().all(axis=1)
    if not begun.any():
        raise PlimsollError(
            f"expected every rule strategy to have held something in {datadir}, found that of "
            f"{len(returns)} days none has all; more candles are needed, or four pairs"
        )
    return returns[begun]


def teach_allocator(
    lesson: AllocatorLesson, folder: Path, *, tell: Callable[[str], None] = lambda _: None
) -> TaughtAllocator:
    """Train an allocator, or go on, write it into a folder and judge it on the quarters after.

    The training is written down in ``folder/training`` until it is done.

    Raises
    ------
    PlimsollError
        Without candles, with fewer days than it needs, or without the extra ``rl``.
    """
    returns = rule_returns(lesson.datadir, lesson.pairs)
    days = pd.DatetimeIndex(returns.index)
    lived = returns[(days >= lesson.begin) & (days + ONE_DAY <= lesson.until)]
    if len(lived) < 2 * LONG_DAYS:
        raise PlimsollError(
            f"expected {2 * LONG_DAYS} days of the rule strategies to learn from, found "
            f"{len(lived)} from {lesson.begin:%Y-%m-%d} to {lesson.until:%Y-%m-%d}"
        )
    at = folder / "training" / f"allocator-{lesson.plan.seed}"
    done = train_allocator(sleeves_of_days(lived), lesson.terms, lesson.plan, at, tell=tell)
    if done is None:  # it has no limit of rounds
        raise PlimsollError(f"expected a training that ends, found {at} unfinished")
    learned = Allocator(
        network=done.network,
        terms=lesson.terms,
        sleeves=tuple(str(name) for name in returns),
        trained_from=lived.index[0],
        trained_until=lived.index[-1] + ONE_DAY,
        steps=done.steps,
        seed=lesson.plan.seed,
        made_with=done.made_with,
    )
    file = folder / f"{learned.name}.npz"
    write_allocator(learned, file)
    return TaughtAllocator(learned, file, done, _judged(learned, returns))


def _judged(learned: Allocator, returns: pd.DataFrame) -> AllocationJudgement | None:
    """Judge on whole quarters that begin a day or more after it had learned."""
    known = sleeves_of_days(returns)
    days = pd.DatetimeIndex(returns.index)
    after = days >= learned.trained_until + ONE_DAY
    begins = days[after & (days.day == 1) & (days.month % 3 == 1)]
    if not len(begins):
        return None
    unseen = days >= begins[0]
    # The state of the first day is made of days before it, which the judged ones do not hold.
    judged = Sleeves(known.returns[unseen], known.episode[unseen], known.seen[unseen])
    if len(judged.first_days()) < LEAST_EPISODES:
        return None
    return judge_allocation(learned.network, judged, learned.terms, seed=learned.seed)
