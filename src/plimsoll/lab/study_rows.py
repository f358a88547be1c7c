"""What the strategies of a study did: one row an account, measured alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from freqtrade.exchange import timeframe_to_seconds

from plimsoll.lab.results import BacktestResult, known_closes, load_candles
from plimsoll.lab.study import CHECK_START, GUARDINGS, GUARDS_OFF, Guarding, Study
from plimsoll.lab.study_data import BASE_TIMEFRAME
from plimsoll.lab.study_holes import Holes
from plimsoll.performance.equity import buy_and_hold_curve, equity_curve
from plimsoll.performance.held import Book, held, years_of
from plimsoll.performance.measures import Performance, daily_returns, performance
from plimsoll.performance.sharpe_precision import SharpePrecision, sharpe_precision
from plimsoll.performance.shortfall import Shortfall

MARKET = "market, equal weights"


@dataclass(frozen=True, slots=True)
class Halt:
    """Which guard ended an account's trading, when, and why."""

    rule: str
    at: pd.Timestamp
    reason: str


@dataclass(frozen=True, eq=False)
class StudyRow:
    """What one strategy did; ``years`` holds the return of each calendar year.

    ``days_halted`` is how long a halt of the account stood, in days of 24 hours. ``earlier`` and
    ``check`` measure the equity before a split of the span and from it on, without trades; None
    for a span that the split does not divide. ``held`` is ``None`` for what has no trades by
    nature, ``promised`` and ``shortfall`` for a strategy without target weights, ``kept`` for a
    backtest that is not kept; ``held_years`` and ``promised_years`` are the same by year.
    ``left_out`` are pairs of the study that were not traded, because their candles before the span
    were not sound; ``members`` the pairs that a portfolio by rule could hold in each month,
    ``None`` for what is none.
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
    earlier: Performance | None = None
    held: Book | None = None
    held_years: Mapping[int, Book] = field(default_factory=dict)
    promised: Book | None = None
    promised_years: Mapping[int, Book] = field(default_factory=dict)
    shortfall: Shortfall | None = None
    left_out: tuple[str, ...] = ()
    kept: Path | None = None
    members: Mapping[str, tuple[str, ...]] | None = None

    @cached_property
    def precision(self) -> SharpePrecision | None:
        """How precisely the Sharpe ratio is known; ``None`` where the returns are no evidence."""
        if self.performance.bankrupt_at is not None:
            return None
        return sharpe_precision(daily_returns(self.equity).to_numpy("float64"))

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
    split: pd.Timestamp | None = CHECK_START
    holes: tuple[Holes, ...] = ()


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


def measured(
    study: Study,
    guarding: Guarding,
    results: Sequence[BacktestResult],
    datadir: Path,
    *,
    split: pd.Timestamp | None = CHECK_START,
) -> list[StudyRow]:
    """Mark each account to market every hour, whatever candles its strategy decides on."""
    first = results[0]
    closes = _hourly_closes(first, datadir)
    rows = []
    for result in results:
        equity = equity_curve(result.trades, closes, result.starting_balance_usd)
        row = _row(study, result.strategy, guarding.name, equity, result.trades, split)
        days = 0.0 if result.acts is None else result.acts.totals.days_halted
        years = years_of(equity.index[0], equity.index[-1])
        rows.append(
            replace(
                row,
                halt=halt_of(result),
                days_halted=days,
                held=held(result.trades, closes, equity),
                held_years={
                    year: held(result.trades, closes, equity, since=first, until=end)
                    for year, (first, end) in years.items()
                },
                shortfall=result.shortfall,
                left_out=tuple(pair for pair in study.pairs if pair not in result.pairs),
            )
        )
    if study.baselines and guarding is GUARDS_OFF:
        fee = max(result.fee_fraction or 0.0 for result in results)
        market = buy_and_hold_curve(closes, first.starting_balance_usd, fee_fraction=fee)
        market.iloc[0] = first.starting_balance_usd  # before the purchase, whose fee is a loss
        none = first.trades.iloc[:0]
        left_out = tuple(pair for pair in study.pairs if pair not in first.pairs)
        whole = _row(study, MARKET, guarding.name, market, none, split)
        rows.append(replace(whole, left_out=left_out))
    return rows


def _hourly_closes(result: BacktestResult, datadir: Path) -> pd.DataFrame:
    """Return the closes of a result's pairs at each hour and at its end.

    They are those of hourly candles, or of the strategy's own where these are shorter.
    """
    hour, own = (
        pd.Timedelta(seconds=timeframe_to_seconds(frame))
        for frame in (BASE_TIMEFRAME, result.timeframe)
    )
    length, frame = (hour, BASE_TIMEFRAME) if own >= hour else (own, result.timeframe)
    end = result.end + own - length
    candles = load_candles(datadir, result.pairs, frame, start=result.start, end=end)
    closes = known_closes(candles, frame)
    index = pd.DatetimeIndex(closes.index)
    at_hours = index == index.floor("h")
    at_hours[[0, -1]] = True
    return closes.ffill()[at_hours] if own < hour else closes


def _row(
    study: Study,
    name: str,
    guarding: str,
    equity: "pd.Series[float]",
    trades: pd.DataFrame,
    split: pd.Timestamp | None,
) -> StudyRow:
    earlier, later = _parts(equity, split)
    none = trades.iloc[:0]
    return StudyRow(
        study=study,
        strategy=name,
        guarding=guarding,
        performance=performance(equity, trades),
        check=None if later is None else performance(later, none),
        years=yearly_returns(equity),
        equity=equity,
        earlier=None if earlier is None else performance(earlier, none),
    )


def _parts(
    equity: "pd.Series[float]", split: pd.Timestamp | None
) -> "tuple[pd.Series[float] | None, pd.Series[float] | None]":
    """Return an account up to the split and from it on; nothing where that is not two spans."""
    if split is None:
        return None, None
    earlier, later = equity.loc[:split], equity.loc[split:]
    return (earlier, later) if min(len(earlier), len(later)) > 1 else (None, None)


def in_order(rows: Sequence[StudyRow], studies: Sequence[Study]) -> list[StudyRow]:
    """Bring the rows of one strategy together; baselines come last."""
    traded = [name for study in studies for name in study.strategies]
    order = [*traded, *(name for study in studies for name in study.baselines), MARKET]
    guardings = [guarding.name for guarding in GUARDINGS]
    return sorted(rows, key=lambda r: (order.index(r.strategy), guardings.index(r.guarding)))
