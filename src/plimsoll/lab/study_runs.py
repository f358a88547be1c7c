"""Run studies: one freqtrade process a strategy, kept or not, with guards off and on."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from freqtrade import __version__ as freqtrade_version

from plimsoll.bridge.config.fingerprint import code_fingerprint
from plimsoll.lab.kept_backtests import KeptBacktests
from plimsoll.lab.results import BacktestResult
from plimsoll.lab.study import (
    CHECK_START,
    DATA,
    GUARDINGS,
    GUARDS_OFF,
    Guarding,
    Study,
    backtest_study,
    strategies_of,
    study_folder,
)
from plimsoll.lab.study_data import require_all
from plimsoll.lab.study_holes import holes_of
from plimsoll.lab.study_rows import Findings, StudyRow, in_order, measured
from plimsoll.lab.study_targets import Promise, members_by, promised_by

Members = Mapping[str, tuple[str, ...]]


def run_studies(
    studies: Sequence[Study],
    datadir: Path,
    tell: Callable[[str], None],
    *,
    guardings: Sequence[Guarding] = GUARDINGS,
    split: pd.Timestamp | None = CHECK_START,
    keep: Path | None = None,
    resume: bool = True,
) -> Findings:
    """Backtest each strategy in each way of guarding, one after another, and measure.

    Baselines run without guards, whatever ``guardings`` are. With ``keep`` each result is kept in
    that folder, and taken from there unless ``resume`` is off.

    Raises
    ------
    UsageError
        When ``datadir`` lacks a file of a pair.
    PlimsollError
        When the venue or freqtrade fails, or the deciding code changed while they ran.
    """
    require_all(datadir, (study.needs() for study in studies))
    costs, rows = dict[str, float](), list[StudyRow]()
    with study_folder(studies, datadir) as folder, _kept(keep) as place:
        kept = KeptBacktests(place, datadir, resume=resume)
        books: dict[tuple[str, str], tuple[Promise | None, Members | None]] = {}
        for study, guarding, names in _runs(studies, guardings):
            results = [one_result(study, guarding, name, folder, kept, tell) for name in names]
            made = measured(study, guarding, results, folder / DATA, split=split)
            if out := dict.fromkeys(pair for row in made for pair in row.left_out):
                tell(f"{study.name}: {', '.join(out)} not traded, without sound candles before it")
            files = {result.strategy: result.path for result in results if keep is not None}
            for row in made:
                key = study.name, row.strategy
                if key not in books:
                    books[key] = _promised(row, folder / DATA)
                promise, members = books[key]
                kept_as = replace(row, members=members, kept=files.get(row.strategy))
                rows.append(_with_promise(kept_as, promise))
            costs = dict(results[0].costs_bps or costs)
    ordered = tuple(in_order(rows, studies))
    holes = holes_of(studies, datadir)
    return Findings(ordered, costs, code_fingerprint(), freqtrade_version, split, holes)


def _runs(
    studies: Sequence[Study], guardings: Sequence[Guarding]
) -> Iterator[tuple[Study, Guarding, tuple[str, ...]]]:
    """Yield what runs: baselines with guards off, alone where no strategy does."""
    for guarding in guardings:
        for study in studies:
            yield study, guarding, strategies_of(study, guarding)
    if GUARDS_OFF not in guardings:
        for study in studies:
            if study.baselines:
                yield study, GUARDS_OFF, study.baselines


def one_result(
    study: Study,
    guarding: Guarding,
    strategy: str,
    folder: Path,
    kept: KeptBacktests,
    tell: Callable[[str], None],
) -> BacktestResult:
    """Return a strategy's backtest, kept or made now in a `study_folder`, and say which.

    Raises
    ------
    PlimsollError
        When the venue or freqtrade fails, or the deciding code changed while it ran.
    """
    began, what = time.monotonic(), f"{study.name}, guards {guarding.name}: {strategy}"

    def make(log: Path) -> BacktestResult:
        tell(f"{what} ...")
        (result,) = backtest_study(study, guarding, [strategy], folder, log=log)
        return result

    result, was_kept = kept.get(study, guarding, strategy, make)
    tell(f"{what}: kept" if was_kept else f"  {time.monotonic() - began:.0f} s")
    return result


def _with_promise(row: StudyRow, promise: Promise | None) -> StudyRow:
    if promise is None:
        return row
    return replace(row, promised=promise.whole, promised_years=promise.years)


def _promised(row: StudyRow, datadir: Path) -> tuple[Promise | None, Members | None]:
    if row.strategy not in (*row.study.strategies, *row.study.baselines):
        return None, None
    asked = row.study, row.strategy, datadir, row.performance.start, row.performance.end
    return promised_by(*asked), members_by(*asked)


@contextmanager
def _kept(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        yield keep
        return
    with TemporaryDirectory(prefix="plimsoll-kept-") as temporary:
        yield Path(temporary)
