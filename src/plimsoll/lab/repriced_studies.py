"""What remains of each shipped strategy's backtest, for the account of the results and larger ones.

A backtest that ran is kept with a stamp of what it was made with: the next run takes it as it is,
so that one that was broken off goes on where it stopped.
"""

import json
import re
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd
from freqtrade import __version__ as freqtrade_version

from plimsoll.bridge.config.fingerprint import code_fingerprint
from plimsoll.execution.settings import ExecutionSettings
from plimsoll.lab.reprice import Repriced, reprice_result, scaled
from plimsoll.lab.results import BacktestResult, known_closes, load_candles, read_backtests
from plimsoll.lab.study import (
    BALANCE_USD,
    DATA,
    GUARDINGS,
    Guarding,
    Study,
    backtest_study,
    require_same_code,
    strategies_of,
    study_folder,
)
from plimsoll.lab.study_data import BASE_TIMEFRAME, require_all
from plimsoll.performance.equity import equity_curve
from plimsoll.performance.measures import Performance, performance

SIZES = (1, 10, 100)
"""Times the account of the results."""
STAMP = "stamp.json"


@dataclass(frozen=True, eq=False)
class RepricedRow:
    """One strategy: its bill at each of `SIZES`, and the account before and after at the first."""

    study: Study
    strategy: str
    guarding: str
    sizes: dict[int, Repriced]
    before: Performance
    after: Performance

    @property
    def repriced(self) -> Repriced:
        """The bill of the account of the results."""
        return self.sizes[SIZES[0]]


@dataclass(frozen=True, eq=False)
class RepricedFindings:
    """All rows, and what they were made with."""

    rows: tuple[RepricedRow, ...]
    code_fingerprint: str
    freqtrade_version: str


def reprice_studies(
    studies: Sequence[Study],
    datadir: Path,
    keep: Path,
    settings: ExecutionSettings,
    tell: Callable[[str], None],
    *,
    guardings: Sequence[Guarding] = GUARDINGS,
) -> RepricedFindings:
    """Backtest every study in each way of guarding, or take what was kept, and reprice it.

    Raises
    ------
    UsageError
        When ``datadir`` lacks a file of a pair.
    PlimsollError
        When the venue or freqtrade fails, or the deciding code changed while they ran.
    """
    require_all(datadir, (study.needs() for study in studies))
    fingerprint = code_fingerprint()
    rows: list[RepricedRow] = []
    with study_folder(studies, datadir) as folder:
        for guarding, study in product(guardings, studies):
            began = time.monotonic()
            results = _kept_or_run(study, guarding, folder, keep, fingerprint, tell)
            rows += _rows(study, guarding, results, folder / DATA, settings)
            tell(f"{study.name}, guards {guarding.name}: {time.monotonic() - began:.0f} s")
    return RepricedFindings(tuple(rows), fingerprint, freqtrade_version)


def _kept_or_run(
    study: Study,
    guarding: Guarding,
    folder: Path,
    keep: Path,
    fingerprint: str,
    tell: Callable[[str], None],
) -> tuple[BacktestResult, ...]:
    name = re.sub(r"[^a-z0-9]+", "-", f"{study.name} guards {guarding.name}".lower())
    own, stamp = keep / name, _stamp(study, guarding, fingerprint)
    if (kept := _kept(own, stamp)) is not None:
        tell(f"{study.name}, guards {guarding.name}: kept in {own}")
        return kept
    names = strategies_of(study, guarding)
    tell(f"{study.name}, guards {guarding.name}: {', '.join(names)} ...")
    results = backtest_study(study, guarding, names, folder)
    require_same_code(results, fingerprint)
    shutil.rmtree(own, ignore_errors=True)
    own.mkdir(parents=True)
    shutil.copy2(results[0].path, own / results[0].path.name)
    (own / STAMP).write_text(json.dumps(stamp), encoding="utf-8")
    return results


def _stamp(study: Study, guarding: Guarding, fingerprint: str) -> dict[str, Any]:
    return {
        "code_fingerprint": fingerprint,
        "freqtrade_version": freqtrade_version,
        "timerange": study.timerange,
        "timeframe": study.timeframe,
        "pairs": list(study.pairs),
        "strategies": list(strategies_of(study, guarding)),
        "config": guarding.config(),
        "layers": list(guarding.layers),
    }


def _kept(own: Path, stamp: dict[str, Any]) -> tuple[BacktestResult, ...] | None:
    """Return the results that were kept with this very stamp; it is written last."""
    file = own / STAMP
    if not file.is_file() or json.loads(file.read_text(encoding="utf-8")) != stamp:
        return None
    return read_backtests(next(iter(own.glob("*.zip"))))


def _rows(
    study: Study,
    guarding: Guarding,
    results: Sequence[BacktestResult],
    datadir: Path,
    settings: ExecutionSettings,
) -> list[RepricedRow]:
    traded = [result for result in results if not result.trades.empty]
    closes = _closes(traded[0], datadir) if traded else pd.DataFrame()
    rows = []
    for result in traded:
        sizes = {
            size: reprice_result(scaled(result, size), datadir, settings) for size in SIZES
        }  # fmt: skip
        before, after = (
            performance(equity_curve(trades, closes, BALANCE_USD), trades)
            for trades in (result.trades, sizes[SIZES[0]].bill.repriced)
        )
        rows.append(RepricedRow(study, result.strategy, guarding.name, sizes, before, after))
    return rows


def _closes(result: BacktestResult, datadir: Path) -> pd.DataFrame:
    candles = load_candles(
        datadir,
        result.pairs,
        BASE_TIMEFRAME,
        start=result.start,
        end=result.end + pd.Timedelta(hours=3),
    )
    return known_closes(candles, BASE_TIMEFRAME)
