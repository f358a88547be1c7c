"""Time-series momentum over several horizons at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import pandas as pd

from plimsoll.signals.covariance import shrunk_covariances
from plimsoll.signals.panels import (
    DAYS_PER_YEAR,
    PORTFOLIO_DAYS,
    VOLATILITY_CAP,
    Targets,
    capped,
    full_sizes,
    level,
    log_returns,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendRule:
    """How trends become weights; the defaults are those of `TrendPortfolio`.

    Attributes
    ----------
    horizons
        Days; all of them are averaged.
    volatility_days
        Window of each pair's volatility.
    short_strength
        Shorts relative to longs, from 0 to 1.
    target_volatility
        A fraction a year: that of the long run, on no day more than `VOLATILITY_CAP` times it.
    """

    horizons: tuple[int, ...] = (5, 10, 20, 40, 80, 120)
    volatility_days: int = 30
    short_strength: float = 0.5
    target_volatility: float = 0.10


def trend_scores(
    closes: pd.DataFrame, *, horizons: Sequence[int], volatility_days: int
) -> pd.DataFrame:
    """Return how strong each pair's trend is, from −1 to +1.

    The mean over the horizons of two scores: the t-statistic of the move, clipped at one
    deviation (Baltas & Kosowski 2013), and the place of the close within the channel of closes
    (a continuous breakout; Carver 2015). Missing closes are carried forward; NaN until the
    longest horizon is known.
    """
    known = closes.ffill()
    sigma = log_returns(closes).rolling(volatility_days, min_periods=volatility_days * 2 // 3).std()
    total = pd.DataFrame(0.0, closes.index, closes.columns)
    for horizon in horizons:
        move = log_returns(known, over=horizon) / (sigma * sqrt(horizon))
        window = known.rolling(horizon + 1, min_periods=horizon + 1)
        lowest, highest = window.min(), window.max()
        place = 2 * (known - lowest) / (highest - lowest).where(highest > lowest) - 1
        total += (move.clip(-1, 1) + place) / 2
    return total / len(horizons)


def trend_targets(
    closes: pd.DataFrame, rule: TrendRule, *, members: pd.DataFrame | None = None
) -> Targets:
    """Return trend-following weights of daily closes, days × pairs.

    Weights vary with the strength of the trends. Their long-run volatility is the target: no
    opinion until `LEAST_LEVEL_DAYS` days of them are known. Only ``members`` (days × pairs; all by
    default) have a weight and share the target.
    """
    scores = trend_scores(closes, horizons=rule.horizons, volatility_days=rule.volatility_days)
    full = full_sizes(
        closes,
        target_volatility=rule.target_volatility,
        volatility_days=rule.volatility_days,
        longest=max(rule.horizons),
        begun=members,
    )
    weights = scores.where(scores > 0, rule.short_strength * scores) * full
    covariances = shrunk_covariances(log_returns(closes), window=PORTFOLIO_DAYS)
    held = weights.notna().any(axis=1)
    volatility = covariances.volatility(weights, periods_per_year=DAYS_PER_YEAR).where(held)
    factor = level(volatility, target_volatility=rule.target_volatility)
    levelled = weights.mul(factor, axis=0)
    limit = VOLATILITY_CAP * rule.target_volatility
    return Targets(capped(levelled, volatility * factor, limit=limit), full.mul(factor, axis=0))
