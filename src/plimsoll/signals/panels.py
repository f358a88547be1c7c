"""From a panel of closes to position sizes: the arithmetic that portfolio strategies share.

A panel is a frame with a row a candle (its open, UTC, ascending) and a column a pair; NaN where a
pair has no candle. A weight is a fraction of equity, above zero for a long. A row depends on the
rows up to it and on no later one; NaN means no opinion, never zero.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import sqrt
from typing import Any

import numpy as np
import pandas as pd

from plimsoll.signals.rows import Rows, nanoseconds

DAYS_PER_YEAR = 365.0
ONE_DAY = pd.Timedelta(days=1)
LEAST_YEARLY_VOLATILITY = 0.10
MEAN_CORRELATION = 0.65
PORTFOLIO_DAYS = 60
"""Window of the covariance that a book's expected volatility is worked out of."""
LEVEL_DAYS = 365
"""Days over which a book's expected volatility is brought to its target."""
LEAST_LEVEL_DAYS = PORTFOLIO_DAYS
"""The fewest of them that are enough."""
LARGEST_LEVEL = 4.0
"""A book is enlarged no further: a year of a mean strength below a quarter stays below target."""
VOLATILITY_CAP = 2.0
"""On no day more than twice the target: Carver (2015), chapter 7, bounds a forecast likewise."""


@dataclass(frozen=True, slots=True)
class Targets:
    """What a portfolio wants to hold after each candle; a row is known when its candle closes.

    Attributes
    ----------
    weights
        Fraction of equity, signed; NaN for no opinion.
    full_sizes
        Fraction of equity of a pair at full strength: the measure of what is worth trading.
    reasons
        Words for an entry's tag, or ``None`` where the strategy has none.
    span
        Length of the candles: a day, or a part of it for what is decided within a day; never
        shorter than the strategy's own candles.
    """

    weights: pd.DataFrame
    full_sizes: pd.DataFrame
    reasons: Callable[[pd.Timestamp, str], str] | None = None
    span: pd.Timedelta = ONE_DAY
    _read: dict[str, Rows] = field(default_factory=dict, init=False, repr=False, compare=False)

    def known_at(self, moment: Any) -> Any:
        """Return the open of the last candle that had closed at a moment, or at each of many."""
        if isinstance(moment, pd.Series):
            return moment.dt.floor(self.span) - self.span
        at, span = nanoseconds(moment), self.span.value
        return pd.Timestamp(at - at % span - span, tz="UTC")

    @property
    def weight_rows(self) -> Rows:
        """The weights, to be looked up by a row's time."""
        return self._rows_of("weights", self.weights)

    @property
    def size_rows(self) -> Rows:
        """The full sizes, to be looked up by a row's time."""
        return self._rows_of("full_sizes", self.full_sizes)

    def _rows_of(self, name: str, frame: pd.DataFrame) -> Rows:
        if name not in self._read:
            self._read[name] = Rows(frame)
        return self._read[name]

    def decided(self) -> pd.DatetimeIndex:
        """Return when something was decided: with each day, and where a row is not as the last."""
        closes = pd.DatetimeIndex(self.weights.index) + self.span
        with_day = np.asarray(closes == closes.floor("D"))
        rows = with_day | _differs(self.weights) | _differs(self.full_sizes)
        return pd.DatetimeIndex(closes[rows])

    def each_day(self) -> "Targets":
        """Return what is decided with each day, on the index of the days."""
        if self.span == ONE_DAY:
            return self
        opens = pd.DatetimeIndex(self.weights.index)
        rows = np.asarray(opens + self.span == opens.floor("D") + ONE_DAY)
        days, told, early = opens[rows].floor("D"), self.reasons, ONE_DAY - self.span

        def reasons(day: pd.Timestamp, pair: str) -> str:
            return "" if told is None else told(day + early, pair)

        weights, sizes = self.weights[rows].set_axis(days), self.full_sizes[rows].set_axis(days)
        return Targets(weights, sizes, None if told is None else reasons)


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeRule:
    """How large single trades are; the defaults are those of `SizedStrategy`.

    Attributes
    ----------
    target_volatility
        Of all pairs at once, on one side; a fraction a year.
    volatility_days
        Window of each pair's volatility.
    least_closes
        A pair takes part once it has had more than so many daily closes.
    widest_stop_fraction
        No stop is farther from its entry.
    """

    target_volatility: float = 0.10
    volatility_days: int = 30
    least_closes: int = 60
    widest_stop_fraction: float = 0.30

    def sizes(self, closes: pd.DataFrame, *, members: pd.DataFrame | None = None) -> pd.DataFrame:
        """Return the fraction of equity of a position of each pair, days × pairs (`full_sizes`).

        ``members``: where a pair may be held, days × pairs; everywhere by default.
        """
        return full_sizes(
            closes,
            target_volatility=self.target_volatility,
            volatility_days=self.volatility_days,
            longest=self.least_closes,
            begun=members,
        )


def _differs(frame: pd.DataFrame) -> np.ndarray:
    """Return which rows differ from the one before; NaN is like NaN, and the first row differs."""
    values = frame.to_numpy("float64")
    before = np.vstack([np.full_like(values[:1], np.inf), values[:-1]])
    differs = (values != before) & ~(np.isnan(values) & np.isnan(before))
    return np.asarray(np.any(differs, axis=1))


def scaled(periods: Sequence[int], scale: float) -> tuple[int, ...]:
    """Return the periods times a scale, rounded, none below one."""
    return tuple(max(1, round(period * scale)) for period in periods)


def log_returns(closes: pd.DataFrame, *, over: int = 1) -> pd.DataFrame:
    """Return ``ln(close / close of so many rows before)``; NaN where either close is missing."""
    logs = pd.DataFrame(np.log(closes.to_numpy()), closes.index, closes.columns)
    return logs - logs.shift(over)


def yearly_volatility(closes: pd.DataFrame, *, days: int) -> pd.DataFrame:
    """Return the sample deviation of the latest ``days`` daily log returns, a year's worth.

    NaN with fewer than two thirds of them; at least `LEAST_YEARLY_VOLATILITY`.
    """
    sigma = log_returns(closes).rolling(days, min_periods=days * 2 // 3).std()
    return (sigma * sqrt(DAYS_PER_YEAR)).clip(lower=LEAST_YEARLY_VOLATILITY)


def diversification_multiplier(count: pd.Series, *, correlation: float) -> pd.Series:
    """Return what ``count`` equal positions of a mean correlation may be enlarged by.

    ``1 / sqrt(1 / n + (1 - 1 / n) * correlation)``; NaN for none. Source: Carver (2015),
    Systematic Trading, chapter 11.
    """
    share = 1 / count.where(count > 0)
    return 1 / (share + (1 - share) * correlation) ** 0.5


def full_sizes(
    closes: pd.DataFrame,
    *,
    target_volatility: float,
    volatility_days: int,
    longest: int,
    begun: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the size of each pair at full strength, as a fraction of equity.

    Every pair gets the same share of the target: ``target * multiplier / pairs / volatility``
    (volatility targeting of Moskowitz, Ooi & Pedersen 2012, eq. 5). All of them together, on one
    side, have about the target; a book of weaker opinions is brought to it by `level`.

    Parameters
    ----------
    closes
        Daily closes, days × pairs.
    target_volatility
        Of the portfolio, a fraction a year.
    volatility_days
        Window of each pair's volatility.
    longest
        A pair takes part once it has had more than so many closes.
    begun
        Where a pair may take part for other reasons; everywhere by default.

    Returns
    -------
    Days × pairs, above zero; NaN where a pair does not take part.
    """
    yearly = yearly_volatility(closes, days=volatility_days)
    ready = closes.notna() & (closes.notna().cumsum() > longest) & yearly.notna()
    if begun is not None:
        ready &= begun.reindex_like(closes).fillna(value=False).astype(bool)
    count = ready.sum(axis=1)
    multiplier = diversification_multiplier(count, correlation=MEAN_CORRELATION)
    share = target_volatility * multiplier / count.where(count > 0)
    return (1 / yearly.where(ready)).mul(share, axis=0)


def level(volatility: pd.Series, *, target_volatility: float) -> pd.Series:
    """Return what to multiply a book by so that in the long run it has its target volatility.

    The target over the root of the mean square of the latest `LEVEL_DAYS` expected volatilities,
    at most `LARGEST_LEVEL`: the book is larger than its target while opinions are strong, smaller
    while they are weak. NaN before `LEAST_LEVEL_DAYS` of them are known.

    ``volatility``: what each day's book is expected to have, a fraction a year; NaN for a day
    without a book.
    """
    mean = (volatility**2).rolling(LEVEL_DAYS, min_periods=LEAST_LEVEL_DAYS).mean()
    return (target_volatility / mean.where(mean > 0) ** 0.5).clip(upper=LARGEST_LEVEL)


def capped(weights: pd.DataFrame, volatility: pd.Series, *, limit: float) -> pd.DataFrame:
    """Return the weights, scaled down in rows whose volatility is above the limit."""
    with np.errstate(divide="ignore"):
        scale = (limit / volatility).clip(upper=1.0).fillna(1.0)
    return weights.mul(scale, axis=0)


def daily(settlements: pd.DataFrame, days: pd.DatetimeIndex) -> pd.DataFrame:
    """Return the sum of what is stamped within each day; NaN for a pair without any that day."""
    stamps = pd.DatetimeIndex(settlements.index).floor("D")
    return settlements.groupby(stamps).sum(min_count=1).reindex(days)
