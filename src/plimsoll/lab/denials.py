"""Measure which entries the guards deny on real data, and what the limits on concentration do."""

import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from freqtrade import __version__ as freqtrade_version

from plimsoll.bridge.config.fingerprint import code_fingerprint
from plimsoll.journal.canonical import unsealed
from plimsoll.journal.files import decision_files, lines
from plimsoll.journal.kind import Kind
from plimsoll.lab.results import BacktestResult, load_candles
from plimsoll.lab.study import (
    DATA,
    GUARDS_OFF,
    SIX,
    SPAN,
    STUDIES,
    Guarding,
    Study,
    backtest_study,
    require_same_code,
    study_folder,
)
from plimsoll.lab.study_data import BASE_TIMEFRAME, require_all
from plimsoll.lab.study_rows import StudyRow, halt_of, measured
from plimsoll.risk import RiskProfile

YEARS = ("20220101-20230101", "20230101-20240101")
"""A falling and a rising year, each an account of its own; both in sample."""
CRASHES = YEARS[0]
"""The year of Terra (May), Celsius and 3AC (June) and FTX (November)."""
EQUAL_STAKES = ("TrendFollow", "MomentumCross", "SlowTrend")
"""Strategies that may enter all six pairs at once, each with an equal share of the account."""
DECISIONS = Path("user_data/plimsoll/backtest-decisions")

SPANS = {
    "2022-01 to 2025-06": ("2022-01-01", "2025-06-30"),
    "Terra, 2022-05-09 to 20": ("2022-05-09", "2022-05-20"),
    "FTX, 2022-11-08 to 18": ("2022-11-08", "2022-11-18"),
    "2024-08-04 to 08": ("2024-08-04", "2024-08-08"),
}
"""The whole span and days of crashes, on which windows end."""
CORRELATIONS = (0.7, 0.85, 0.95)
WINDOW = RiskProfile().correlation_candles
"""As many candles as the guard compares."""

WIDEST: Mapping[str, Any] = {
    "max_correlation": 1.0,
    "max_open_positions": 100,
    "max_exposure_fraction": 10.0,
    "max_portfolio_heat_fraction": 0.2,
}
"""Every limit on concentration as wide as the profile allows."""
NOT_ASKED: Mapping[str, Any] = {
    "break_even_trades": None,
    "max_consecutive_losses": 20,
    "max_trades_per_day": 10_000,
    "cooldown_seconds": 0.0,
}
"""Guards that would end or thin an account's trading for reasons other than concentration."""
VARIANTS: Mapping[str, Mapping[str, Any]] = {
    "correlation 0.70": {**WIDEST, "max_correlation": 0.7},
    "correlation 0.85": {**WIDEST, "max_correlation": 0.85},
    "correlation 0.95": {**WIDEST, "max_correlation": 0.95},
    "4 open positions": {**WIDEST, "max_open_positions": 4},
    "exposure 3.0": {**WIDEST, "max_exposure_fraction": 3.0},
    "heat 4 %": {**WIDEST, "max_portfolio_heat_fraction": 0.04},
    "none of them": WIDEST,
    "the defaults": {},
}
"""By name: what of the profile differs from the defaults, beside `NOT_ASKED`."""


@dataclass(frozen=True, slots=True)
class Denials:
    """The entries of one strategy: asked for, and denied by the guard that decided.

    ``halts`` are the accounts' ends: the rule and the day.
    """

    strategy: str
    asked: int = 0
    denied: Counter[str] = field(default_factory=Counter)
    halts: tuple[tuple[str, str], ...] = ()

    def plus(self, other: "Denials") -> "Denials":
        """Return the sum of two accounts of one strategy."""
        denied = self.denied + other.denied
        return Denials(self.strategy, self.asked + other.asked, denied, self.halts + other.halts)


@dataclass(frozen=True, slots=True)
class Account:
    """One strategy's account in one year: its own way, and with the default guards.

    Returns and drawdowns are fractions, marked to market every hour. ``days_halted`` run from the
    halt of the whole account, which nobody ended, to the end of the year.
    """

    strategy: str
    year: str
    bare_trades: int
    bare_return_fraction: float
    bare_drawdown_fraction: float
    trades: int
    return_fraction: float
    drawdown_fraction: float
    halted_by: str | None = None
    halted_on: str | None = None
    days_halted: int = 0


@dataclass(frozen=True, slots=True)
class Concentration:
    """What one strategy did in the year of the crashes under one variant of the limits."""

    variant: str
    strategy: str
    trades: int
    most_open: int
    drawdown_fraction: float
    worst_day_fraction: float
    halted: str | None


@dataclass(frozen=True, slots=True)
class Alike:
    """How often two pairs move alike: by correlation, the share of windows above it."""

    span: str
    shares: Mapping[float, float]


@dataclass(frozen=True, slots=True)
class DenialFindings:
    """All that was measured, and with what."""

    alike: tuple[Alike, ...]
    concentration: tuple[Concentration, ...]
    denials: tuple[Denials, ...]
    accounts: tuple[Account, ...]
    others: tuple[str, ...]
    code_fingerprint: str
    freqtrade_version: str


def run_denials(
    datadir: Path, tell: Callable[[str], None], *, others: Path | None = None
) -> DenialFindings:
    """Backtest every strategy with the default limits, then the variants; one after another.

    ``others`` is a folder with more strategies, each named as its file, which trade the six pairs
    on hourly candles.

    Raises
    ------
    UsageError
        When ``datadir`` lacks a file of a pair.
    PlimsollError
        When the venue or freqtrade fails, or the deciding code changed while they ran.
    """
    require_all(datadir, (study.needs() for study in STUDIES))
    fingerprint = code_fingerprint()
    files = [] if others is None else sorted(others.glob("*.py"))
    concentration: list[Concentration] = []
    with study_folder(STUDIES, datadir) as folder:
        for file in files:
            shutil.copy(file, folder / "user_data" / "strategies")
        alike = how_often_alike(folder / DATA)

        def run(study: Study, guarding: Guarding) -> Sequence[BacktestResult]:
            began = time.monotonic()
            shutil.rmtree(folder / DECISIONS, ignore_errors=True)
            results = backtest_study(study, guarding, study.strategies, folder)
            require_same_code(results, fingerprint)
            took = time.monotonic() - began
            tell(f"{study.name}, {study.timerange}, {guarding.name}: {took:.0f} s")
            return results

        for name, limits in VARIANTS.items():
            for study in crash_studies():
                guarding = Guarding(name, (), {"risk": {**NOT_ASKED, **limits}})
                results = run(study, guarding)
                rows = measured(study, guarding, results, folder / DATA)
                concentration += map(concentration_of, rows, results)
        studies = [*STUDIES, *study_of_others([file.stem for file in files])]
        denials, accounts = _by_default(studies, run, folder)
    return DenialFindings(
        tuple(alike),
        tuple(concentration),
        denials,
        accounts,
        tuple(file.stem for file in files),
        fingerprint,
        freqtrade_version,
    )


def _by_default(
    studies: Sequence[Study],
    run: Callable[[Study, Guarding], Sequence[BacktestResult]],
    folder: Path,
) -> tuple[tuple[Denials, ...], tuple[Account, ...]]:
    """Run each year of each study bare and with the default guards; count and compare."""
    sums: dict[str, Denials] = {}
    accounts: list[Account] = []
    for study in (year for one in studies for year in in_years(one)):
        guardings = (GUARDS_OFF, Guarding("the defaults", (), {"log_backtests": True}))
        made = [(one, run(study, one)) for one in guardings]
        bare, guarded = (
            measured(study, one, results, folder / DATA)[: len(study.strategies)]
            for one, results in made
        )
        accounts += map(account_of, bare, guarded, made[1][1])
        for counted in denials_of(folder / DECISIONS, made[1][1]):
            known = sums.get(counted.strategy)
            sums[counted.strategy] = counted if known is None else known.plus(counted)
    order = [name for study in studies for name in study.strategies if name in sums]
    accounts.sort(key=lambda one: (order.index(one.strategy), one.year))
    return tuple(sums[name] for name in order), tuple(accounts)


def study_of_others(names: Sequence[str]) -> list[Study]:
    """Return the study of strategies that are not shipped; none when there are none."""
    if not names:
        return []
    return [Study("strategies of others, 1 hour", BASE_TIMEFRAME, SIX, SPAN, tuple(names))]


def how_often_alike(datadir: Path) -> list[Alike]:
    """Return how often two of the six pairs are correlated above a limit, by hourly returns."""
    start, end = (pd.Timestamp(day, tz="UTC") for day in SPANS["2022-01 to 2025-06"])
    candles = load_candles(datadir, SIX, BASE_TIMEFRAME, start=start, end=end)
    closes = {pair: frame.set_index("date")["close"] for pair, frame in candles.items()}
    returns = pd.DataFrame(closes).apply(np.log).diff()
    windows = pd.DataFrame(
        {
            f"{one} {other}": returns[one].rolling(WINDOW).corr(returns[other])
            for one, other in combinations(SIX, 2)
        }
    ).dropna()
    rows = []
    for name, (first, last) in SPANS.items():
        within = windows.loc[first:last].to_numpy()
        rows.append(Alike(name, {limit: float((within > limit).mean()) for limit in CORRELATIONS}))
    return rows


def in_years(study: Study) -> list[Study]:
    """Return a study as one for each of `YEARS`; none for a span that is out of sample."""
    if study.timerange != SPAN:
        return []
    return [replace(study, timerange=year, baselines=()) for year in YEARS]


def crash_studies() -> list[Study]:
    """Return the year of the crashes for strategies of equal stakes; portfolios have own limits."""
    return [
        replace(study, timerange=CRASHES, strategies=names, baselines=())
        for study in STUDIES
        if (names := tuple(name for name in study.strategies if name in EQUAL_STAKES))
    ]


def denials_of(decisions: Path, results: Iterable[BacktestResult]) -> list[Denials]:
    """Count what a backtest's decision log says of each strategy's entries.

    An entry counts once, by the guard that decided; while a lock or a halt is in force Freqtrade
    does not ask. A start begins a strategy's part of the log.
    """
    asked, denied = Counter[str](), dict[str, Counter[str]]()
    strategy = ""
    for file in decision_files(decisions):
        for line in lines(file):
            record = unsealed(line)
            if record["kind"] == Kind.START:
                strategy = str(record["strategy"])
            elif record["kind"] == Kind.DENIAL:
                asked[strategy] += 1
                denied.setdefault(strategy, Counter())[str(record["rule"])] += 1
            elif record["kind"] == Kind.ORDER and not str(record["side"]).startswith("close"):
                asked[strategy] += 1
    return [
        Denials(
            one.strategy,
            asked[one.strategy],
            denied.get(one.strategy, Counter()),
            tuple((halt.rule, f"{halt.at:%Y-%m-%d}") for halt in one.halts[:1]),
        )
        for one in results
    ]


def account_of(bare: StudyRow, guarded: StudyRow, result: BacktestResult) -> Account:
    """Return what the default guards made of one strategy's year."""
    halt = halt_of(result)
    end = result.end.normalize()
    return Account(
        strategy=result.strategy,
        year=str(result.start.year),
        bare_trades=bare.performance.closed_trades,
        bare_return_fraction=_return(bare.equity),
        bare_drawdown_fraction=bare.performance.max_drawdown_fraction,
        trades=guarded.performance.closed_trades,
        return_fraction=_return(guarded.equity),
        drawdown_fraction=guarded.performance.max_drawdown_fraction,
        halted_by=None if halt is None else halt.rule,
        halted_on=None if halt is None else f"{halt.at:%Y-%m-%d}",
        days_halted=0 if halt is None else (end - halt.at.normalize()).days + 1,
    )


def _return(equity: "pd.Series[float]") -> float:
    return float(equity.iloc[-1] / equity.iloc[0] - 1)


def concentration_of(row: StudyRow, result: BacktestResult) -> Concentration:
    """Return how concentrated an account was, and what that cost it at worst."""
    days = row.equity.resample("1D", closed="right", label="left").last().ffill()
    returns = pd.concat([row.equity.iloc[:1], days]).pct_change().iloc[1:]
    halt = row.halt
    return Concentration(
        variant=row.guarding,
        strategy=row.strategy,
        trades=row.performance.closed_trades,
        most_open=most_open(result.trades),
        drawdown_fraction=row.performance.max_drawdown_fraction,
        worst_day_fraction=float(returns.min()) if len(returns) else 0.0,
        halted=None if halt is None else f"{halt.rule} {halt.at:%Y-%m-%d}",
    )


def most_open(trades: pd.DataFrame) -> int:
    """Return how many positions were open at once at most; one that closes makes room first."""
    if trades.empty:
        return 0
    opened = pd.Series(1, index=pd.DatetimeIndex(trades["open_date"]))
    closed = pd.Series(-1, index=pd.DatetimeIndex(trades["close_date"]))
    changes = pd.concat([closed, opened]).sort_index(kind="stable")
    return int(changes.cumsum().max())
