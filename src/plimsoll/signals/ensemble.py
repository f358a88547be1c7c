"""Several strategies' weights as one portfolio: how much of each, and why."""

from collections.abc import Callable, Mapping
from math import sqrt
from typing import Any

import numpy as np
import pandas as pd

from plimsoll.signals.components import COMPONENT_VOLATILITY, at_day_end
from plimsoll.signals.panels import (
    DAYS_PER_YEAR,
    MEAN_STRENGTH,
    PORTFOLIO_DAYS,
    VOLATILITY_CAP,
    Targets,
    capped,
    diversification_multiplier,
    log_returns,
    portfolio_volatility,
)

CORRELATION_OF_COMPONENTS = 0.4
LEAST_DAYS = 60
FILL_COST_FRACTION = 7e-4
SMALLEST_SHARE, LARGEST_SHARE = 0.5, 2.0
ROUNDS_OF_CAPPING = 3

Allocator = Callable[[pd.DataFrame], pd.DataFrame]
"""From daily returns of the components, days × components, to their shares, the same shape."""


def equal(returns: pd.DataFrame) -> pd.DataFrame:
    """Return the same share for every component."""
    return pd.DataFrame(1 / returns.shape[1], returns.index, returns.columns)


def inverse_volatility(returns: pd.DataFrame, *, days: int = 90) -> pd.DataFrame:
    """Return shares in proportion to one over the deviation of the latest daily returns."""
    spread = returns.rolling(days, min_periods=LEAST_DAYS).std()
    inverse = 1 / spread.where(spread > 0)
    return inverse.div(inverse.sum(axis=1, min_count=returns.shape[1]), axis=0)


def recent_sharpe(returns: pd.DataFrame, *, half_life_days: float = 90) -> pd.DataFrame:
    """Return shares by the decayed Sharpe ratio of each component: ``1 + ratio / 2``.

    The yearly ratio is clipped at 2 either way, so that what did worst gets nothing before it is
    capped and what did best twice an equal share.
    """
    decayed = returns.ewm(halflife=half_life_days, min_periods=LEAST_DAYS)
    spread = decayed.std()
    ratio = decayed.mean() * DAYS_PER_YEAR / (spread.where(spread > 0) * sqrt(DAYS_PER_YEAR))
    quality = 1 + 0.5 * ratio.clip(-2, 2)
    return quality.div(quality.sum(axis=1, min_count=returns.shape[1]), axis=0)


ALLOCATORS: dict[str, Allocator] = {
    "equal": equal,
    "inverse_volatility": inverse_volatility,
    "recent_sharpe": recent_sharpe,
}
"""The ways to share, by the name that a parameter selects."""


def capped_shares(shares: pd.DataFrame) -> pd.DataFrame:
    """Return shares that sum to one, from half to twice an equal one before the last sum.

    Three rounds of clipping and normalising; rows with a share that is not known are equal.
    """
    count = shares.shape[1]
    known = pd.Series(np.isfinite(shares.to_numpy()).all(axis=1), shares.index)
    limited = shares.clip(lower=0.0)
    for _ in range(ROUNDS_OF_CAPPING):
        limited = limited.clip(SMALLEST_SHARE / count, LARGEST_SHARE / count)
        limited = limited.div(limited.sum(axis=1), axis=0)
    return limited.where(known, 1 / count)


def component_returns(
    weights: Mapping[str, pd.DataFrame], closes: pd.DataFrame, settlements: pd.DataFrame
) -> pd.DataFrame:
    """Return what each component would have made each day, as fractions of equity.

    The weights before each candle times its return, less `FILL_COST_FRACTION` of every change of
    a weight, less funding. A component's first days are NaN until it has had a weight.

    Parameters
    ----------
    weights
        By component, candles × pairs; NaN counts as nothing held.
    closes
        Of the same candles; missing closes are carried forward.
    settlements
        Funding rates summed over each candle, candles × pairs.

    Returns
    -------
    Days × components.
    """
    returns = closes.ffill().pct_change(fill_method=None).fillna(0.0)
    paid = settlements.reindex(index=closes.index, columns=closes.columns).fillna(0.0)
    earned = {}
    for name, frame in weights.items():
        held = frame.fillna(0.0)
        before = held.shift(1)
        made = (before * (returns - paid)).sum(axis=1)
        earned[name] = made - held.diff().abs().sum(axis=1) * FILL_COST_FRACTION
    by_candle = pd.DataFrame(earned)
    return by_candle.groupby(pd.DatetimeIndex(by_candle.index).floor("D")).sum()


def combined(
    weights: Mapping[str, pd.DataFrame], shares: pd.DataFrame, *, scale: float
) -> dict[str, pd.DataFrame]:
    """Return what each component adds to the whole, on the shares' rows; it sums to the mix.

    The mix is enlarged by the diversification multiplier of as many components that correlate at
    `CORRELATION_OF_COMPONENTS`, and by ``scale``.
    """
    count = pd.Series([float(len(weights))])
    multiplier = diversification_multiplier(count, correlation=CORRELATION_OF_COMPONENTS)
    factor = float(multiplier.iloc[0]) * scale
    return {
        name: frame.reindex(shares.index).fillna(0.0).mul(shares[name] * factor, axis=0)
        for name, frame in weights.items()
    }


def ensemble_targets(
    components: Mapping[str, pd.DataFrame],
    closes: pd.DataFrame,
    settlements: pd.DataFrame,
    full: pd.DataFrame,
    *,
    allocator: Allocator,
    target_volatility: float,
) -> Targets:
    """Return the weights of the whole, decided on the candle that closes with each day.

    Parameters
    ----------
    components
        By name, target weights of each at `COMPONENT_VOLATILITY`: candles × pairs, shorter than a
        day.
    closes
        Of the same candles.
    settlements
        Funding rates by the time they were settled, times × pairs.
    full
        Full sizes of a pair at `COMPONENT_VOLATILITY`, days × pairs; NaN for no opinion.
    allocator
        How to share; what it returns is capped (`capped_shares`).
    target_volatility
        Of the whole, a fraction a year; weights are scaled down beyond `VOLATILITY_CAP` times it.
    """
    opens = pd.DatetimeIndex(closes.index)
    span = opens[1] - opens[0] if len(opens) > 1 else pd.Timedelta(days=1)
    per_day = pd.Timedelta(days=1) // span
    paid = settlements.groupby(pd.DatetimeIndex(settlements.index).floor(span)).sum(min_count=1)
    shares = capped_shares(allocator(component_returns(components, closes, paid)))
    decided = {name: at_day_end(frame) for name, frame in components.items()}
    scale = target_volatility / COMPONENT_VOLATILITY
    parts = combined(decided, shares, scale=scale)
    mix = pd.DataFrame(0.0, shares.index, closes.columns)
    for part in parts.values():
        mix += part
    held = mix.set_axis(pd.DatetimeIndex(mix.index) + pd.Timedelta(days=1) - span)
    volatility = portfolio_volatility(
        held,
        log_returns(closes.ffill()),
        window=PORTFOLIO_DAYS * per_day,
        periods_per_year=DAYS_PER_YEAR * per_day,
    )
    volatility = at_day_end(volatility.to_frame()).iloc[:, 0].reindex(mix.index)
    whole = capped(mix, volatility, limit=VOLATILITY_CAP * target_volatility)
    sizes = full.reindex(index=mix.index, columns=mix.columns)
    kept = (whole.abs().sum(axis=1) / mix.abs().sum(axis=1)).fillna(1.0)

    def reasons(day: pd.Timestamp, pair: str) -> str:
        factor: Any = kept.loc[day]
        weights: dict[str, Any] = {name: part.loc[day, pair] for name, part in parts.items()}
        return words({name: value * factor for name, value in weights.items()})

    return Targets(whole.where(sizes.notna()), sizes * MEAN_STRENGTH * scale, reasons)


def words(parts: Mapping[str, float]) -> str:
    """Return the entry tag: each component's part, the largest first.

    For example ``ens trend+0.021 cross+0.018 follow+0.010 carry-0.006``.
    """
    ordered = sorted(parts.items(), key=lambda part: -abs(part[1]))
    return " ".join(["ens", *(f"{name}{part:+.3f}" for name, part in ordered)])
