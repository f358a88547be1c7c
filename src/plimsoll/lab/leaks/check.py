"""Run a strategy again and again with another future, and find what it knew too early."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from freqtrade.persistence.usedb_context import FtNoDBContext
from freqtrade.strategy import IStrategy

from plimsoll.candles.timeframe import timeframe_span
from plimsoll.checks.fair_game import fair_game_finding, played
from plimsoll.checks.finding import Finding, described
from plimsoll.checks.leaks import PARTS, Leaks, StrategyRun, apart_before
from plimsoll.checks.moments import MOMENTS, moments
from plimsoll.lab.leaks.fair_market import write_fair_market
from plimsoll.lab.leaks.labels import (
    FEATURES_OF_THE_PAST,
    LABELS_IN_TIME,
    LABELS_OF_THE_FUTURE,
    LearningTrial,
    label_findings,
    learns,
)
from plimsoll.lab.leaks.labels import SETTINGS as LEARNING
from plimsoll.lab.leaks.running import FEE_FRACTION, StrategyRunner
from plimsoll.lab.strategy_check import load_on, quiet
from plimsoll.lab.strategy_data import DAYS, end_of, write_strategy_data

TRADED_CANDLES = 800
DATA_CANDLES = 8_000
LEAST_DAYS = 20
CANDLES_AFTER = 12
"""A changed market goes on for so many candles: what comes later decides nothing before."""
TRADED_CONTRACTS = len(set(PARTS.values())) + len(("columns", "signals", "fills", "a fair game"))
"""What another future must not change, part by part, and that a fair game pays nothing."""
LEARNT_CONTRACTS = len((FEATURES_OF_THE_PAST, LABELS_IN_TIME, LABELS_OF_THE_FUTURE))

Told = Callable[[str, int], None]


@dataclass(frozen=True)
class LeakCheck:
    """What looking for leaks brought; ``note`` is what else there is to know, or empty."""

    findings: tuple[Finding, ...]
    contracts: int = TRADED_CONTRACTS
    note: str = ""


@dataclass(frozen=True)
class _Plan:
    """What candles a strategy is run on."""

    timeframe: str
    span: pd.Timedelta
    days: int
    also: tuple[str, ...]
    since: pd.Timestamp
    until: pd.Timestamp


def check_leaks(
    file: Path,
    strategy: type,
    told: Told = lambda *_: None,
    *,
    traded_candles: int = TRADED_CANDLES,
    count: int = MOMENTS,
) -> LeakCheck:
    """Run the strategy of a file on made-up candles, and with ``count`` other futures.

    ``told`` is called with what is done next and how many steps there are. A strategy that
    Freqtrade does not load or run is a finding. What learns through FreqAI is not run, for it has
    no model here: its features and labels are compared.
    """
    name, subject = strategy.__name__, f"strategy {strategy.__name__}"
    with _folder(file) as folder:
        try:
            first = load_on(name, folder, folder, end_of(DAYS))
            plan = _planned(first, traded_candles)
            if learns(first):
                findings = tuple(_learning(name, subject, folder, plan))
                return LeakCheck(findings, LEARNT_CONTRACTS)
            with closing(StrategyRunner(name, folder, plan.since)) as runner:
                return _traded(runner, subject, folder, plan, told, count)
        except Exception as error:  # noqa: BLE001 - a strategy's file may raise what it likes
            text = f"expected a backtest on made-up candles; found {described(error)}"
            return LeakCheck((Finding(subject, "freqtrade runs it", text),))


@contextmanager
def _folder(file: Path) -> Iterator[Path]:
    """Yield a folder with a copy of the strategy by itself, for the length of the block."""
    with TemporaryDirectory(prefix="plimsoll-leaks-") as name, FtNoDBContext("1h"), quiet():
        folder = Path(name)
        (folder / "strategies").mkdir()
        shutil.copy(file, folder / "strategies")
        yield folder


def _planned(strategy: IStrategy, traded_candles: int) -> _Plan:
    span = timeframe_span(strategy.timeframe)
    day = pd.Timedelta(days=1)
    needed = (strategy.startup_candle_count + traded_candles + 100) * span
    usual = max(LEAST_DAYS, min(DAYS, int(DATA_CANDLES * span / day)))
    days = max(usual, int(needed / day) + 1)
    also = {one[1] for one in strategy.gather_informative_pairs()}
    until = end_of(days)
    return _Plan(
        timeframe=strategy.timeframe,
        span=span,
        days=days,
        also=tuple(sorted(also)),
        since=until - traded_candles * span,
        until=until,
    )


def _traded(
    runner: StrategyRunner, subject: str, folder: Path, plan: _Plan, told: Told, count: int
) -> LeakCheck:
    name, steps = subject.partition(" ")[2], count + 2
    told(f"{name}: as it came", steps)
    known = runner.run(_data(folder / "known", plan), plan.until)
    leaks = Leaks()
    chosen = moments(known, since=plan.since, until=plan.until, span=plan.span, count=count)
    for cut in chosen:
        told(f"{name}: another future from {cut:%Y-%m-%d %H:%M}", steps)
        data = _data(folder / f"{cut:%Y%m%d%H%M}", plan, changed_from=cut)
        until = min(cut + CANDLES_AFTER * plan.span, plan.until)
        leaks.add(apart_before(known, runner.run(data, until), cut, plan.span))
        shutil.rmtree(data)
    told(f"{name}: a fair game", steps)
    game = _fair_game(subject, runner, folder / "fair", plan)
    findings = [*leaks.findings(subject, plan.span), *([] if game is None else [game])]
    return LeakCheck(tuple(findings), note=_note(known, len(chosen)))


def _data(folder: Path, plan: _Plan, changed_from: pd.Timestamp | None = None) -> Path:
    return write_strategy_data(
        folder,
        changed_from=changed_from,
        timeframe=plan.timeframe,
        days=plan.days,
        also=plan.also,
        # What is settled at the moment itself is paid, and known, by what is held then.
        funding_from=None if changed_from is None else changed_from + plan.span,
    )


def _fair_game(subject: str, runner: StrategyRunner, folder: Path, plan: _Plan) -> Finding | None:
    data = write_fair_market(folder, timeframe=plan.timeframe, days=plan.days, also=plan.also)
    run = runner.run(data, plan.until)
    closes = {pair: frame.set_index("date")["close"] for pair, frame in run.columns.items()}
    return fair_game_finding(subject, played(run.fills, closes, FEE_FRACTION))


def _note(known: StrategyRun, count: int) -> str:
    if not known.fills:
        return (
            f"it traded nothing on made-up candles: its columns were compared at {count} moments, "
            "and no stake, stop or exit"
        )
    callbacks = len({one.callback for one in known.decisions})
    return (
        f"{count} moments: {len(known.fills)} fills and {len(known.decisions)} answers of "
        f"{callbacks} callbacks stand before them"
    )


def _learning(name: str, subject: str, folder: Path, plan: _Plan) -> list[Finding]:
    cut = (plan.until - plan.days * pd.Timedelta(hours=6)).floor(plan.span)
    known_data = _data(folder / "known", plan)
    other_data = _data(folder / "other", plan, changed_from=cut)
    made = []
    for data in (known_data, other_data):
        strategy = load_on(name, folder, data, plan.until, freqai=LEARNING)
        strategy.freqai_info = strategy.config["freqai"]
        made.append(strategy)
    trial = LearningTrial(made[0], made[1], known_data, other_data, cut, plan.span)
    return label_findings(subject, trial)
