"""Backtest the shipped strategies on real candles, with the replay venue for the markets."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from plimsoll.core import UsageError
from plimsoll.lab.freqtrade import freqtrade
from plimsoll.lab.results import known_closes, load_candles, read_backtests
from plimsoll.lab.user_folder import lay_out
from plimsoll.lab.venue import serve_venue
from plimsoll.metrics.equity import buy_and_hold_curve, equity_curve
from plimsoll.metrics.performance import Performance, performance

STRATEGIES = ("TrendFollow", "BuyAndHold", "NoTrade")


@dataclass(frozen=True, slots=True)
class Study:
    """One span of real data on which the strategies are compared."""

    name: str
    timeframe: str
    pairs: tuple[str, ...]
    timerange: str
    remark: str = ""

    def command(self, strategies: Sequence[str]) -> str:
        """Return the freqtrade command, as a person would type it."""
        return (
            "freqtrade backtesting -c base.json -c venue-sim.json -c mode-backtest.json "
            f"--datadir DATA --timeframe {self.timeframe} --timerange {self.timerange} "
            f"--max-open-trades {len(self.pairs)} --strategy-list {' '.join(strategies)} "
            f"--pairs {' '.join(self.pairs)}"
        )


@dataclass(frozen=True, slots=True)
class StudyRow:
    """What one strategy did in one study; ``years`` holds the return of each calendar year."""

    strategy: str
    performance: Performance
    years: dict[int, float]
    equity: pd.Series


@dataclass(frozen=True, slots=True)
class StudyResult:
    """A study's rows, the benchmark first hand from candles, and what they were made with."""

    study: Study
    rows: tuple[StudyRow, ...]
    costs_bps: dict[str, float]
    code_fingerprint: str
    starting_balance_usd: float


def _usdt(*bases: str) -> tuple[str, ...]:
    return tuple(f"{base}/USDT:USDT" for base in bases)


STUDIES = (
    Study(
        "four pairs, 15 minutes",
        "15m",
        _usdt("BTC", "ETH", "SOL", "XRP"),
        "20220101-20250701",
        "XRP candles of this timeframe end on 2025-04-07. SOL funding has a hole from 2022-05-29 "
        "to 2022-06-25, and SOL mark prices before 2024 exist every 8 hours only: funding falls "
        "on those hours, but its two-hourly payments of November 2022 are missed.",
    ),
    Study(
        "six pairs, 1 hour",
        "1h",
        _usdt("BTC", "ETH", "SOL", "XRP", "ADA", "LTC"),
        "20220101-20250701",
        "The pairs whose mark prices and funding cover the whole span; SOL as above.",
    ),
    Study(
        "Bitcoin, 5 minutes",
        "5m",
        _usdt("BTC"),
        "20230108-20250701",
        "The strategy's own timeframe; the one pair with 5-minute candles without a hole after "
        "2023-01-01, and a week of them before the span, which QualityPairList asks for.",
    ),
)


def run_study(study: Study, datadir: Path, tell: Callable[[str], None]) -> StudyResult:
    """Run one study and measure it; a backtest with each strategy, in one freqtrade run.

    Raises
    ------
    UsageError
        When ``datadir`` lacks candles of a pair.
    PlimsollError
        When the venue or freqtrade fails.
    """
    for pair in study.pairs:
        file = datadir / "futures" / f"{_file_name(pair)}-{study.timeframe}-futures.feather"
        if not file.exists():
            raise UsageError(f"expected candles at {file} for the study {study.name!r}, found none")
    with TemporaryDirectory(prefix="plimsoll-study-") as temporary:
        folder = Path(temporary)
        arguments = ["--market", "replay", "--datadir", str(datadir), "--clock", "stepped"]
        with serve_venue([*arguments, "--symbols", ",".join(study.pairs)], folder=folder) as venue:
            tell(f"{study.name}: {', '.join(STRATEGIES)} over {study.timerange} ...")
            userdir = folder / "user_data"
            lay_out(userdir)
            profiles = (userdir / "config" / "base.json", venue.config)
            layers = [*profiles, userdir / "config" / "mode-backtest.json"]
            freqtrade(
                [
                    "backtesting",
                    *("--userdir", str(userdir)),
                    *(part for file in layers for part in ("-c", str(file))),
                    *("--datadir", str(datadir), "--cache", "none"),
                    *("--timeframe", study.timeframe, "--timerange", study.timerange),
                    *("--max-open-trades", str(len(study.pairs))),
                    *("--strategy-list", *STRATEGIES),
                    *("--pairs", *study.pairs),
                ],
                folder=folder,
                log=folder / "freqtrade.log",
                seconds=3600,
            )
        return _measure(study, datadir, userdir / "backtest_results")


def _measure(study: Study, datadir: Path, results: Path) -> StudyResult:
    found = read_backtests(results)
    first = found[0]
    candles = load_candles(
        datadir, first.pairs, first.timeframe, start=first.start, end=first.end, futures=True
    )
    closes = known_closes(candles, first.timeframe)
    rows = []
    for result in sorted(found, key=lambda one: STRATEGIES.index(one.strategy)):
        equity = equity_curve(result.trades, closes, result.starting_balance_usd)
        rows.append(_row(result.strategy, equity, result.trades))
    held = buy_and_hold_curve(
        closes, first.starting_balance_usd, fee_fraction=first.fee_fraction or 0.0
    )
    rows.append(_row("market, equal weights", held, first.trades.iloc[:0]))
    return StudyResult(
        study=study,
        rows=tuple(rows),
        costs_bps=dict(first.costs_bps or {}),
        code_fingerprint=first.code_fingerprint or "",
        starting_balance_usd=first.starting_balance_usd,
    )


def _row(name: str, equity: pd.Series, trades: pd.DataFrame) -> StudyRow:
    ends = equity.groupby(pd.DatetimeIndex(equity.index).year).last()
    begins = ends.shift(1)
    begins.iloc[0] = equity.iloc[0]
    years = {int(year): float(ends[year] / begins[year] - 1) for year in ends.index}
    return StudyRow(name, performance(equity, trades), years, equity)


def _file_name(pair: str) -> str:
    return pair.replace("/", "_").replace(":", "_")
