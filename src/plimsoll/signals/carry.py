"""Carry across pairs: short what the crowd pays for, long what pays it."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from plimsoll.signals.panels import (
    DAYS_PER_YEAR,
    PORTFOLIO_DAYS,
    Targets,
    daily,
    full_sizes,
    log_returns,
    portfolio_volatility,
)

WINDOWS = (7, 14, 30)
LONGEST = 80
LEAST_PAIRS = 4
LARGEST_SCALE = 10.0
LARGEST_GROSS = 1.0


def carry_scores(
    funding: pd.DataFrame, taking_part: pd.DataFrame, *, windows: Sequence[int], scale_days: int
) -> pd.DataFrame:
    """Return how much each pair pays its longs, from −1 (they pay most) to +1.

    Funding is compared with the other pairs' and with the usual spread between pairs, never with
    zero: a pair with positive funding is bought while the others cost more.

    Parameters
    ----------
    funding
        Sum of the rates of each day, days × pairs; NaN for a day without any.
    taking_part
        Where a pair is compared at all.
    windows
        Days over which funding is averaged; the scores of all of them are averaged.
    scale_days
        Window of the usual spread between pairs.
    """
    total = pd.DataFrame(0.0, funding.index, funding.columns)
    for window in windows:
        mean = funding.rolling(window, min_periods=window // 2 + 1).mean().where(taking_part)
        distance = mean.sub(mean.median(axis=1), axis=0)
        usual = distance.abs().median(axis=1)
        unit = usual.rolling(scale_days, min_periods=scale_days // 3).median()
        total -= distance.div(2 * unit.where(unit > 0), axis=0).clip(-1, 1)
    return total / len(windows)


def carry_targets(
    closes: pd.DataFrame,
    settlements: pd.DataFrame,
    *,
    windows: Sequence[int],
    scale_days: int,
    volatility_days: int,
    target_volatility: float,
) -> Targets:
    """Return carry weights that sum to zero, at a target volatility and a gross of at most one.

    Parameters
    ----------
    closes
        Daily closes, days × pairs.
    settlements
        Funding rates by the time they were settled, times × pairs. A rate that is settled at the
        decision itself belongs to the next day.
    windows, scale_days
        As in `carry_scores`.
    volatility_days
        Window of each pair's volatility.
    target_volatility
        A fraction a year.

    Returns
    -------
    No opinion at all where fewer than `LEAST_PAIRS` pairs take part. Source: Koijen, Moskowitz,
    Pedersen & Vrugt (2018), Carry; Schmeling, Schrimpf & Todorov (2023), Crypto Carry.
    """
    funding = daily(settlements, pd.DatetimeIndex(closes.index)).reindex(columns=closes.columns)
    full = full_sizes(
        closes,
        target_volatility=target_volatility,
        volatility_days=volatility_days,
        longest=LONGEST,
        begun=funding.notna().cummax(),
    )
    scores = carry_scores(funding, full.notna(), windows=windows, scale_days=scale_days)
    weights = scores * full
    weights = weights.sub(full.mul(weights.sum(axis=1) / full.sum(axis=1), axis=0))
    volatility = portfolio_volatility(
        weights, log_returns(closes), window=PORTFOLIO_DAYS, periods_per_year=DAYS_PER_YEAR
    )
    with np.errstate(divide="ignore"):
        scale = (target_volatility / volatility).clip(upper=LARGEST_SCALE)
    gross = weights.abs().mul(scale, axis=0).sum(axis=1)
    scale *= (LARGEST_GROSS / gross.where(gross > 0)).clip(upper=1.0).fillna(1.0)
    enough = full.notna().sum(axis=1) >= LEAST_PAIRS
    scale = scale.where(enough)
    return Targets(weights.mul(scale, axis=0), full.mul(scale, axis=0))
