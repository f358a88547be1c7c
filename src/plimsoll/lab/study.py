"""Backtest the shipped strategies on real data, with the replay venue for the markets."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from freqtrade import __version__ as freqtrade_version
from freqtrade.exchange import timeframe_to_seconds

from plimsoll.bridge.config.fingerprint import code_fingerprint
from plimsoll.core import PlimsollError
from plimsoll.lab.freqtrade import freqtrade
from plimsoll.lab.results import BacktestResult, known_closes, load_candles, read_backtests
from plimsoll.lab.study_data import BASE_TIMEFRAME, Needs, link_data, make_longer, require_all
from plimsoll.lab.user_folder import lay_out
from plimsoll.lab.venue import serve_venue
from plimsoll.performance.equity import buy_and_hold_curve, equity_curve
from plimsoll.performance.measures import Performance, performance

BALANCE_USD = 100_000
CHECK_START = pd.Timestamp("2024-01-01", tz="UTC")
"""The research chose everything on the years before, and looked at the rest once."""
SECONDS = 3600
MARKET = "market, equal weights"
DATA = "data"
"""Where a study folder has the candles."""


@dataclass(frozen=True, slots=True)
class Study:
    """Strategies that share a timeframe, pairs and a span; ``kinds`` is what they need beside."""

    name: str
    timeframe: str
    pairs: tuple[str, ...]
    timerange: str
    strategies: tuple[str, ...]
    baselines: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()

    def needs(self) -> Needs:
        """Return the files that its pairs must have."""
        first, end = (datetime.strptime(day, "%Y%m%d").date() for day in self.timerange.split("-"))  # noqa: DTZ007 - days
        kinds = ("futures", "mark", "funding_rate", *self.kinds)
        return Needs(self.pairs, kinds, first, end - timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Guarding:
    """How the guards take part: the shipped risk layers, and what lies over all of them."""

    name: str
    layers: tuple[str, ...]
    settings: dict[str, Any] = field(default_factory=dict)

    def config(self) -> dict[str, Any]:
        """Return the last layer of the config; the page names the holes in funding."""
        settings = {"allow_missing_funding": True, **self.settings}
        return {"dry_run_wallet": BALANCE_USD, "plimsoll": settings}


@dataclass(frozen=True, slots=True)
class Halt:
    """Which guard ended an account's trading, when, and why."""

    rule: str
    at: pd.Timestamp
    reason: str


@dataclass(frozen=True, eq=False)
class StudyRow:
    """What one strategy did; ``years`` holds the return of each calendar year.

    ``days_halted`` is how long a halt of the account stood, in days of 24 hours.
    ``check`` measures the equity from `CHECK_START` on, without its trades; None for a span that
    ended before or began after.
    """

    study: Study
    strategy: str
    guarding: str
    performance: Performance
    check: Performance | None
    years: dict[int, float]
    equity: "pd.Series[float]"
    halt: Halt | None = None
    days_halted: float = 0.0

    @property
    def is_baseline(self) -> bool:
        """Whether this is what strategies are compared with."""
        return self.strategy not in self.study.strategies


@dataclass(frozen=True, eq=False)
class Findings:
    """All rows, and what they were made with."""

    rows: tuple[StudyRow, ...]
    costs_bps: dict[str, float]
    code_fingerprint: str
    freqtrade_version: str


def _usdt(*bases: str) -> tuple[str, ...]:
    return tuple(f"{base}/USDT:USDT" for base in bases)


SPAN = "20220101-20250701"
SIX = _usdt("BTC", "ETH", "SOL", "XRP", "ADA", "LTC")
STUDIES = (
    Study(
        "six pairs, 1 hour",
        "1h",
        SIX,
        SPAN,
        ("TrendPortfolio", "FundingCarry", "Ensemble", "TrendFollow"),
        ("BuyAndHold", "NoTrade"),
    ),
    Study("six pairs, 4 hours", "4h", SIX, SPAN, ("MomentumCross", "SlowTrend", "MeanReversion")),
    Study(
        "four pairs with spot, 1 hour",
        "1h",
        _usdt("BTC", "ETH", "SOL", "XRP"),
        SPAN,
        ("BasisReversion",),
        kinds=("spot",),
    ),
    Study(
        "three pairs with open interest, two months",
        "1h",
        _usdt("BTC", "ETH", "SOL"),
        "20240620-20240819",
        ("OpenInterestFlow",),
        kinds=("open_interest",),
    ),
)

GUARDS_OFF = Guarding("off", (), {"guards": "off"})
GUARDS_ON = Guarding("on", ("risk-portfolio.json",))
GUARDINGS = (GUARDS_OFF, GUARDS_ON)


def run_studies(studies: Sequence[Study], datadir: Path, tell: Callable[[str], None]) -> Findings:
    """Run every study with and without guards, one freqtrade process after another, and measure.

    Raises
    ------
    UsageError
        When ``datadir`` lacks a file of a pair.
    PlimsollError
        When the venue or freqtrade fails, or the deciding code changed while they ran.
    """
    require_all(datadir, (study.needs() for study in studies))
    fingerprint, costs = code_fingerprint(), dict[str, float]()
    rows: list[StudyRow] = []
    with study_folder(studies, datadir) as folder:
        for guarding, study in product(GUARDINGS, studies):
            names = strategies_of(study, guarding)
            tell(f"{study.name}, guards {guarding.name}: {', '.join(names)} ...")
            began = time.monotonic()
            results = backtest_study(study, guarding, names, folder)
            rows += measured(study, guarding, results, folder / DATA)
            tell(f"  {time.monotonic() - began:.0f} s")
            costs = dict(results[0].costs_bps or costs)
            require_same_code(results, fingerprint)
    return Findings(tuple(_sorted(rows, studies)), costs, fingerprint, freqtrade_version)


@contextmanager
def study_folder(studies: Sequence[Study], datadir: Path) -> Iterator[Path]:
    """Yield a folder to backtest in: a user folder, `DATA`, and the venue that has the markets."""
    pairs = sorted({pair for study in studies for pair in study.pairs})
    with TemporaryDirectory(prefix="plimsoll-study-") as temporary:
        folder = Path(temporary)
        link_data(datadir, folder / DATA)
        for study in studies:
            make_longer(folder / DATA, study.pairs, study.timeframe)
        lay_out(folder / "user_data")
        serving = ["--market", "replay", "--datadir", str(datadir), "--clock", "stepped"]
        with serve_venue([*serving, "--symbols", ",".join(pairs)], folder=folder):
            yield folder


def require_same_code(results: Sequence[BacktestResult], fingerprint: str) -> None:
    """Refuse results that were not made with the code of a fingerprint.

    Raises
    ------
    PlimsollError
        With both fingerprints.
    """
    stamps = {result.code_fingerprint for result in results}
    if stamps != {fingerprint}:
        raise PlimsollError(
            f"expected the code of fingerprint {fingerprint} to the end, found "
            f"{stamps}: it was changed during the runs; run the command again"
        )


def strategies_of(study: Study, guarding: Guarding) -> tuple[str, ...]:
    """Return who runs: baselines have no guards, so that they run without them only."""
    return study.strategies + (study.baselines if guarding is GUARDS_OFF else ())


def halt_of(result: BacktestResult) -> Halt | None:
    """Return the first halt of the whole account of a result; ``None`` when there was none."""
    if not result.halts:
        return None
    first = result.halts[0]
    return Halt(first.rule, pd.Timestamp(first.at), first.reason)


def yearly_returns(equity: "pd.Series[float]") -> dict[int, float]:
    """Return the return of each calendar year (UTC); a value at midnight ends the day before."""
    index = pd.DatetimeIndex(equity.index)
    years = np.maximum((index - pd.Timedelta(1, "ns")).year, index[0].year)
    ends = equity.groupby(years).last()
    begins = ends.shift(1)
    begins.iloc[0] = equity.iloc[0]
    return {int(year): float(ends[year] / begins[year] - 1) for year in ends.index}


def backtest_study(
    study: Study, guarding: Guarding, names: Sequence[str], folder: Path
) -> tuple[BacktestResult, ...]:
    """Run freqtrade once in a `study_folder` and return what it stored."""
    last, userdir = folder / "study.json", folder / "user_data"
    last.write_text(json.dumps(guarding.config()), encoding="utf-8")
    config = userdir / "config"
    layers = [config / "base.json", folder / "venue-sim.json"]
    layers += [config / name for name in guarding.layers]
    layers += [config / "mode-backtest.json", last]
    freqtrade(
        [
            "backtesting",
            *("--userdir", str(userdir)),
            *(part for file in layers for part in ("-c", str(file))),
            *("--datadir", str(folder / DATA), "--cache", "none"),
            *("--timeframe", study.timeframe, "--timerange", study.timerange),
            *("--max-open-trades", str(len(study.pairs))),
            *("--strategy-list", *names, "--pairs", *study.pairs),
        ],
        folder=folder,
        log=folder / "freqtrade.log",
        seconds=SECONDS,
    )
    return read_backtests(userdir / "backtest_results")


def measured(
    study: Study,
    guarding: Guarding,
    results: Sequence[BacktestResult],
    datadir: Path,
) -> list[StudyRow]:
    """Mark each account to market every hour, whatever candles its strategy decides on."""
    first = results[0]
    hour, own = (
        pd.Timedelta(seconds=timeframe_to_seconds(frame))
        for frame in (BASE_TIMEFRAME, first.timeframe)
    )
    candles = load_candles(
        datadir, first.pairs, BASE_TIMEFRAME, start=first.start, end=first.end + own - hour
    )
    closes = known_closes(candles, BASE_TIMEFRAME)
    rows = []
    for result in results:
        equity = equity_curve(result.trades, closes, result.starting_balance_usd)
        row = _row(study, result.strategy, guarding.name, equity, result.trades, halt_of(result))
        days = 0.0 if result.acts is None else result.acts.totals.days_halted
        rows.append(replace(row, days_halted=days))
    if study.baselines and guarding is GUARDS_OFF:
        fee = max(result.fee_fraction or 0.0 for result in results)
        held = buy_and_hold_curve(closes, first.starting_balance_usd, fee_fraction=fee)
        held.iloc[0] = first.starting_balance_usd  # before the purchase, whose fee is a loss
        rows.append(_row(study, MARKET, guarding.name, held, first.trades.iloc[:0], None))
    return rows


def _row(
    study: Study,
    name: str,
    guarding: str,
    equity: "pd.Series[float]",
    trades: pd.DataFrame,
    halt: Halt | None,
) -> StudyRow:
    later = equity.loc[CHECK_START:]
    is_checked = len(later) > 1 and equity.index[0] < CHECK_START
    return StudyRow(
        study=study,
        strategy=name,
        guarding=guarding,
        performance=performance(equity, trades),
        check=performance(later, trades.iloc[:0]) if is_checked else None,
        years=yearly_returns(equity),
        equity=equity,
        halt=halt,
    )


def _sorted(rows: Sequence[StudyRow], studies: Sequence[Study]) -> list[StudyRow]:
    """Bring the rows of one strategy together; baselines come last."""
    traded = [name for study in studies for name in study.strategies]
    order = [*traded, *(name for study in studies for name in study.baselines), MARKET]
    guardings = [guarding.name for guarding in GUARDINGS]
    return sorted(rows, key=lambda r: (order.index(r.strategy), guardings.index(r.guarding)))
