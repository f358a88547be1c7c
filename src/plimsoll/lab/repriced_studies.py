"""What remains of each shipped strategy's backtest, for the account of the results and larger ones.

The backtests are those of `plimsoll.lab.study_runs`, one a strategy, kept in the same way: a folder
that the results were made in holds them already.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pandas as pd
from freqtrade import __version__ as freqtrade_version

from plimsoll.bridge.config.fingerprint import code_fingerprint
from plimsoll.execution.settings import ExecutionSettings
from plimsoll.lab.kept_backtests import KeptBacktests
from plimsoll.lab.reprice import Repriced, reprice_result, scaled
from plimsoll.lab.results import BacktestResult, known_closes, load_candles
from plimsoll.lab.study import (
    BALANCE_USD,
    DATA,
    GUARDINGS,
    Guarding,
    Study,
    strategies_of,
    study_folder,
)
from plimsoll.lab.study_data import BASE_TIMEFRAME, require_all
from plimsoll.lab.study_runs import one_result
from plimsoll.performance.equity import equity_curve
from plimsoll.performance.measures import Performance, performance

SIZES = (1, 10, 100)
"""Times the account of the results."""


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
    kept, rows = KeptBacktests(keep, datadir), list[RepricedRow]()
    with study_folder(studies, datadir) as folder:
        for guarding, study in product(guardings, studies):
            began = time.monotonic()
            names = strategies_of(study, guarding)
            results = [one_result(study, guarding, name, folder, kept, tell) for name in names]
            rows += _rows(study, guarding, results, folder / DATA, settings)
            tell(f"{study.name}, guards {guarding.name}: {time.monotonic() - began:.0f} s")
    return RepricedFindings(tuple(rows), code_fingerprint(), freqtrade_version)


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
