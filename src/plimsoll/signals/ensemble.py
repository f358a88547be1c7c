"""Several strategies' weights as one portfolio: how much of each, and why."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import sqrt

import numpy as np
import pandas as pd

from plimsoll.signals.components import Sleeve, at_day_end, ends_day, on_candles, span_of
from plimsoll.signals.covariance import shrunk_covariances
from plimsoll.signals.panels import (
    DAYS_PER_YEAR,
    PORTFOLIO_DAYS,
    VOLATILITY_CAP,
    Targets,
    level,
    log_returns,
)
from plimsoll.signals.rows import Rows

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


def ensemble_targets(
    sleeves: Mapping[str, Sleeve],
    closes: pd.DataFrame,
    days: pd.DataFrame,
    settlements: pd.DataFrame,
    full: pd.DataFrame,
    *,
    allocator: Allocator,
    target_volatility: float,
) -> Targets:
    """Return the weights of the whole: decided with each day, and where a sleeve trades.

    The sum of the sleeves by their shares, at a long-run volatility of the target (`level`) and on
    no day above `VOLATILITY_CAP` times it. Within a day only the pair changes that a sleeve opened
    or closed. No opinion before every sleeve has had one.

    Parameters
    ----------
    sleeves
        By name, weights on the candles of ``closes``.
    closes
        Candles × pairs, shorter than a day.
    days
        Daily closes of the same pairs.
    settlements
        Funding rates by the time they were settled, times × pairs.
    full
        Full sizes of a pair, days × pairs; NaN for no opinion.
    allocator
        How to share; what it returns is capped (`capped_shares`).
    target_volatility
        Of the whole, a fraction a year.
    """
    opens = pd.DatetimeIndex(closes.index)
    span = span_of(opens)
    weights = {name: sleeve.weights for name, sleeve in sleeves.items()}
    paid = settlements.groupby(pd.DatetimeIndex(settlements.index).floor(span)).sum(min_count=1)
    shares = capped_shares(allocator(component_returns(weights, closes, paid)))
    begun = _begun(weights)
    shared = on_candles(shares, opens)
    mixed = {name: frame.fillna(0.0).mul(shared[name], axis=0) for name, frame in weights.items()}
    whole = _total(mixed)
    factor = on_candles(_factor(at_day_end(whole.where(begun)), days, target_volatility), opens)
    decided = _decided(sleeves.values(), opens)
    parts = {
        name: decided.apply(frame.mul(factor["factor"], axis=0)) for name, frame in mixed.items()
    }
    sizes = on_candles(full, opens).reindex(columns=closes.columns)

    told = {name: Rows(frame) for name, frame in parts.items()}

    def reasons(row: pd.Timestamp, pair: str) -> str:
        return words({name: rows.value(row, pair) for name, rows in told.items()})

    return Targets(_total(parts).where(sizes.notna()), sizes, reasons, span)


@dataclass(frozen=True, eq=False, slots=True)
class _Decisions:
    """The row of the last decision about each pair, by candle; -1 before the first."""

    rows: np.ndarray

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return each value as it was at the last decision."""
        values = np.take_along_axis(frame.to_numpy("float64"), self.rows.clip(min=0), axis=0)
        known = np.where(self.rows >= 0, values, np.nan)
        return pd.DataFrame(known, frame.index, frame.columns)


def _total(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the sum of frames of one shape; NaN where one is."""
    first, *others = frames.values()
    for frame in others:
        first = first + frame
    return first


def _decided(sleeves: Iterable[Sleeve], opens: pd.DatetimeIndex) -> _Decisions:
    """Find the decisions: at each day's end about every pair, and where a sleeve traded a pair."""
    at_end = ends_day(opens).to_numpy()[:, None]
    changed = [sleeve.changed.to_numpy(dtype=bool) for sleeve in sleeves]
    now = np.logical_or.reduce([np.broadcast_to(at_end, changed[0].shape), *changed])
    rows = np.where(now, np.arange(len(opens))[:, None], -1)
    return _Decisions(np.maximum.accumulate(rows, axis=0))


def _begun(weights: Mapping[str, pd.DataFrame]) -> pd.Series:
    """Return the candles from which on every sleeve has had an opinion."""
    each = [frame.notna().any(axis=1).cummax() for frame in weights.values()]
    return pd.Series(np.logical_and.reduce(each), index=each[0].index)


def _factor(mix: pd.DataFrame, days: pd.DataFrame, target_volatility: float) -> pd.DataFrame:
    """Return what the mix is multiplied by each day, a column ``factor``; NaN while unknown."""
    covariances = shrunk_covariances(log_returns(days), window=PORTFOLIO_DAYS)
    expected = covariances.volatility(mix, periods_per_year=DAYS_PER_YEAR).reindex(mix.index)
    held = expected.where(mix.notna().any(axis=1))
    wanted = level(held, target_volatility=target_volatility)
    cap = VOLATILITY_CAP * target_volatility / held.where(held > 0)
    return wanted.where(~(wanted > cap), cap).to_frame("factor")


def words(parts: Mapping[str, float]) -> str:
    """Return the entry tag: each component's part, the largest first.

    For example ``ens trend+0.021 cross+0.018 follow+0.010 carry-0.006``.
    """
    ordered = sorted(parts.items(), key=lambda part: -abs(part[1]))
    return " ".join(["ens", *(f"{name}{part:+.3f}" for name, part in ordered)])
