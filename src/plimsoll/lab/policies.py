"""Backtest every strategy under candidate policies of halting and re-arming, in sample only."""

import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from freqtrade import __version__ as freqtrade_version

from plimsoll.bridge.config.fingerprint import code_fingerprint
from plimsoll.lab.policy_rows import PolicyRow, keep, kept_rows
from plimsoll.lab.results import BacktestResult
from plimsoll.lab.study import (
    DATA,
    SIX,
    SPAN,
    STUDIES,
    Guarding,
    Study,
    backtest_study,
    require_same_code,
    study_folder,
)
from plimsoll.lab.study_data import require_all
from plimsoll.lab.study_rows import StudyRow, measured
from plimsoll.performance.guard_acts import ENTRY, OFF, GuardActs

IN_SAMPLE = "20220101-20240101"
"""The years on which the research chose; what came later is not looked at for a default."""
PORTFOLIO = "risk-portfolio.json"
PORTFOLIOS = ("TrendPortfolio", "FundingCarry", "Ensemble")
"""Strategies whose risk layer is `PORTFOLIO`; the others have the defaults."""
FOREIGN = "strategies of others"
"""The study of a folder that was named."""


def _after(days: float | None, **risk: Any) -> dict[str, Any]:
    return {"backtest_rearm": {"after_days": days}, "risk": risk}


@dataclass(frozen=True, slots=True)
class Policy:
    """One way to halt and to go on; ``only_defaults`` where a portfolio's layer says it itself."""

    name: str
    settings: Mapping[str, Any]
    only_defaults: bool = False


GUARDS_OFF = Policy("guards off", {"guards": OFF})
POLICIES = (
    GUARDS_OFF,
    Policy("never", _after(None)),
    Policy("7 days", _after(7)),
    Policy("30 days", _after(30)),
    Policy("90 days", _after(90)),
    Policy("30 days, no probation", _after(30, probation_days=0)),
    Policy("30 days, halt at 15 %", _after(30, drawdown_halt_fraction=0.15)),
    Policy("never, break-even: any loss", _after(None, break_even_z=0.0), only_defaults=True),
    Policy("never, no break-even", _after(None, break_even_trades=None), only_defaults=True),
    Policy("30 days, break-even: any loss", _after(30, break_even_z=0.0), only_defaults=True),
)
"""What differs from the shipped profiles, by name."""


@dataclass(frozen=True, slots=True)
class PolicyFindings:
    """All rows, and with what they were made; ``seconds`` is ``None`` where none was run."""

    rows: tuple[PolicyRow, ...]
    seconds: float | None
    freqtrade_version: str = freqtrade_version

    @property
    def code_fingerprints(self) -> tuple[str, ...]:
        """The builds that the rows are of, each once."""
        return tuple(dict.fromkeys(row.code_fingerprint for row in self.rows))


def run_policies(
    datadir: Path,
    tell: Callable[[str], None],
    *,
    strategies: Sequence[str] = (),
    policies: Sequence[str] = (),
    folder: Path | None = None,
    kept: Path | None = None,
) -> PolicyFindings:
    """Backtest every strategy under every policy, one freqtrade process after another.

    ``strategies`` and ``policies`` name those that run, by default all; ``folder`` has
    strategies of others, one a file, for one-hour candles of the six pairs. Rows are kept in the
    file ``kept``; those that it has of this very code are not made again.

    Raises
    ------
    UsageError
        When ``datadir`` lacks a file of a pair, or ``kept`` is no file of rows.
    PlimsollError
        When the venue or freqtrade fails, or the deciding code changed while they ran.
    """
    began, fingerprint = time.monotonic(), code_fingerprint()
    studies = [*in_sample_studies(folder)]
    require_all(datadir, (study.needs() for study in studies))
    earlier = [] if kept is None else kept_rows(kept)
    done = {
        (one.strategy, one.policy): one for one in earlier if one.code_fingerprint == fingerprint
    }
    rows: list[PolicyRow] = []
    with study_folder(studies, datadir) as place:
        if folder is not None:
            shutil.copytree(folder, place / "user_data" / "strategies", dirs_exist_ok=True)
        for policy in POLICIES:
            if policies and policy.name not in policies:
                continue
            for study in studies:
                names = [one for one in study.strategies if not strategies or one in strategies]
                if not names or (policy.only_defaults and layers_of(study)):
                    continue
                rows += [done[name, policy.name] for name in names if (name, policy.name) in done]
                names = [name for name in names if (name, policy.name) not in done]
                if not names:
                    continue
                start = time.monotonic()
                guarding = Guarding(policy.name, layers_of(study), dict(policy.settings))
                results = backtest_study(study, guarding, names, place)
                require_same_code(results, fingerprint)
                measures = measured(study, guarding, results, place / DATA)
                new = [
                    replace(row_of(*one), code_fingerprint=fingerprint)
                    for one in zip(measures, results, strict=True)
                ]
                if kept is not None:
                    keep(new, kept)
                rows += new
                tell(f"{policy.name}, {study.name}: {time.monotonic() - start:.0f} s")
    return PolicyFindings(tuple(rows), time.monotonic() - began)


def in_sample_studies(folder: Path | None = None) -> Iterator[Study]:
    """Yield the studies of the in-sample years, each with one risk layer.

    ``folder`` adds the strategies of its files, each of the file's name.
    """
    for study in STUDIES:
        if study.timerange != SPAN:
            continue
        one = replace(study, timerange=IN_SAMPLE, baselines=())
        both = (
            tuple(name for name in study.strategies if (name in PORTFOLIOS) is portfolio)
            for portfolio in (True, False)
        )
        yield from (
            replace(one, name=f"{study.name}, {names[0]} …", strategies=names)
            for names in both
            if names
        )
    if folder is not None:
        names = tuple(sorted(file.stem for file in folder.glob("*.py") if file.stem[0] != "_"))
        yield Study(FOREIGN, "1h", SIX, IN_SAMPLE, names)


def layers_of(study: Study) -> tuple[str, ...]:
    """Return the risk layers of a study's strategies; none where they have the defaults."""
    return (PORTFOLIO,) if study.strategies[0] in PORTFOLIOS else ()


def row_of(measures: StudyRow, result: BacktestResult) -> PolicyRow:
    """Return what a strategy did, and what the guards did to it."""
    acts = result.acts or GuardActs()
    denied: Counter[str] = Counter()
    for one in acts.denials:
        if one.kind == ENTRY:
            denied[one.rule] += one.count
    days = (result.end - result.start).total_seconds() / 86_400
    ends = measures.equity.resample("1ME", closed="right", label="left").last()
    months = ends.pct_change().dropna()
    return PolicyRow(
        policy=measures.guarding,
        strategy=result.strategy,
        trades=measures.performance.closed_trades,
        total_return=measures.performance.total_return_fraction,
        drawdown_fraction=measures.performance.max_drawdown_fraction,
        worst_month_fraction=float(months.min()) if len(months) else 0.0,
        days_halted=acts.totals.days_halted,
        days_of_run=days,
        rearmed=acts.totals.rearmed,
        asked=acts.totals.entries_asked,
        halts=dict(Counter(halt.rule for halt in acts.halts)),
        denied=dict(denied),
    )
