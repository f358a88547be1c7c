"""From a panel of closes to position sizes: the arithmetic that portfolio strategies share.

A panel is a frame with a row a candle (its open, UTC, ascending) and a column a pair; NaN where a
pair has no candle. A weight is a fraction of equity, above zero for a long. A row depends on the
rows up to it and on no later one; NaN means no opinion, never zero.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

DAYS_PER_YEAR = 365.0
LEAST_YEARLY_VOLATILITY = 0.10
MEAN_CORRELATION = 0.65
MEAN_STRENGTH = 0.6
VOLATILITY_CAP = 1.2
PORTFOLIO_DAYS = 60


@dataclass(frozen=True, slots=True)
class Targets:
    """What a portfolio wants to hold after each candle.

    Attributes
    ----------
    weights
        Fraction of equity, signed; NaN for no opinion.
    full_sizes
        Fraction of equity of a pair at full strength: the measure of what is worth trading.
    reasons
        Words for an entry's tag, or ``None`` where the strategy has none.
    """

    weights: pd.DataFrame
    full_sizes: pd.DataFrame
    reasons: Callable[[pd.Timestamp, str], str] | None = None


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
    strength: float = MEAN_STRENGTH,
    begun: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the size of each pair at full strength, as a fraction of equity.

    Every pair gets the same share of the target: ``target * multiplier / strength / pairs /
    volatility`` (volatility targeting of Moskowitz, Ooi & Pedersen 2012, eq. 5).

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
    strength
        Mean absolute score that the weights will have; 1 for positions always at full strength.
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
    share = target_volatility * multiplier / strength / count.where(count > 0)
    return (1 / yearly.where(ready)).mul(share, axis=0)


def portfolio_volatility(
    weights: pd.DataFrame, returns: pd.DataFrame, *, window: int, periods_per_year: float
) -> pd.Series:
    """Return the volatility that each row's weights would have had over the window, a year's worth.

    The root of the mean square of the portfolio's returns: a mean of zero is assumed. A missing
    return or weight counts as zero; NaN before ``window`` returns.
    """
    volatility = np.full(len(returns), np.nan)
    if len(returns) > window:
        moves = returns.fillna(0.0).to_numpy()
        held = weights.reindex(returns.index).fillna(0.0).to_numpy()
        windows = sliding_window_view(moves, window, axis=0)[1:]
        portfolio = np.einsum("tpw,tp->tw", windows, held[window:])
        volatility[window:] = np.sqrt((portfolio**2).mean(axis=1) * periods_per_year)
    return pd.Series(volatility, index=returns.index)


def capped(weights: pd.DataFrame, volatility: pd.Series, *, limit: float) -> pd.DataFrame:
    """Return the weights, scaled down in rows whose volatility is above the limit."""
    with np.errstate(divide="ignore"):
        scale = (limit / volatility).clip(upper=1.0).fillna(1.0)
    return weights.mul(scale, axis=0)


def daily(settlements: pd.DataFrame, days: pd.DatetimeIndex) -> pd.DataFrame:
    """Return the sum of what is stamped within each day; NaN for a pair without any that day."""
    stamps = pd.DatetimeIndex(settlements.index).floor("D")
    return settlements.groupby(stamps).sum(min_count=1).reindex(days)
