"""Time-series momentum over several horizons at once."""

from collections.abc import Sequence
from math import sqrt

import pandas as pd

from plimsoll.signals.panels import (
    DAYS_PER_YEAR,
    PORTFOLIO_DAYS,
    VOLATILITY_CAP,
    Targets,
    capped,
    full_sizes,
    log_returns,
    portfolio_volatility,
)

HORIZONS = (5, 10, 20, 40, 80, 120)


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
    closes: pd.DataFrame,
    *,
    horizons: Sequence[int],
    volatility_days: int,
    short_strength: float,
    target_volatility: float,
) -> Targets:
    """Return trend-following weights at a target volatility.

    Parameters
    ----------
    closes
        Daily closes, days × pairs.
    horizons
        Days; all of them are averaged.
    volatility_days
        Window of each pair's volatility.
    short_strength
        Shorts relative to longs, from 0 to 1.
    target_volatility
        A fraction a year; weights are scaled down beyond `VOLATILITY_CAP` times it.
    """
    scores = trend_scores(closes, horizons=horizons, volatility_days=volatility_days)
    full = full_sizes(
        closes,
        target_volatility=target_volatility,
        volatility_days=volatility_days,
        longest=max(horizons),
    )
    weights = scores.where(scores > 0, short_strength * scores) * full
    volatility = portfolio_volatility(
        weights, log_returns(closes), window=PORTFOLIO_DAYS, periods_per_year=DAYS_PER_YEAR
    )
    return Targets(capped(weights, volatility, limit=VOLATILITY_CAP * target_volatility), full)
