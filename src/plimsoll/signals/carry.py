"""Carry across pairs: short what the crowd pays for, long what pays it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from plimsoll.signals.covariance import shrunk_covariances
from plimsoll.signals.panels import (
    DAYS_PER_YEAR,
    PORTFOLIO_DAYS,
    Targets,
    daily,
    full_sizes,
    log_returns,
)

LONGEST = 80
LEAST_PAIRS = 4
LARGEST_SCALE = 10.0
LARGEST_GROSS = 0.9
"""Of equity: what an account holds at leverage 1 with 95 % tradable, fees and a day's moves off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CarryRule:
    """How funding becomes weights; the defaults are those of `FundingCarry`.

    Attributes
    ----------
    windows
        Days over which funding is averaged; the scores of all of them are averaged.
    scale_days
        Window of the usual spread between pairs.
    volatility_days
        Window of each pair's volatility.
    target_volatility
        A fraction a year.
    """

    windows: tuple[int, ...] = (7, 14, 30)
    scale_days: int = 180
    volatility_days: int = 30
    target_volatility: float = 0.10


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
    rule: CarryRule,
    *,
    members: pd.DataFrame | None = None,
) -> Targets:
    """Return carry weights that sum to zero, at a target volatility and at most `LARGEST_GROSS`.

    Longs and shorts are of equal notional, as the portfolios of Koijen, Moskowitz, Pedersen and
    Vrugt (2018), Carry: neutral in dollars, not in betas. What each pair is worth is known
    and can be checked at any moment; its beta is an estimate that changes with the window.

    Parameters
    ----------
    closes
        Daily closes, days × pairs.
    settlements
        Funding rates by the time they were settled, times × pairs. A rate that is settled at the
        decision itself belongs to the next day.
    rule
        Windows and the target volatility.
    members
        Where a pair may be held, days × pairs; only these are compared. Everywhere by default.

    Returns
    -------
    A pair whose score is not known has no opinion, and none has where fewer than `LEAST_PAIRS`
    take part. Source beside the one above: Schmeling, Schrimpf & Todorov (2023), Crypto Carry.
    """
    funding = daily(settlements, pd.DatetimeIndex(closes.index)).reindex(columns=closes.columns)
    begun = funding.notna().cummax()
    if members is not None:
        begun &= members.reindex_like(begun).fillna(value=False).astype(bool)
    full = full_sizes(
        closes,
        target_volatility=rule.target_volatility,
        volatility_days=rule.volatility_days,
        longest=LONGEST,
        begun=begun,
    )
    scores = carry_scores(funding, full.notna(), windows=rule.windows, scale_days=rule.scale_days)
    full = full.where(scores.notna())
    weights = scores * full
    weights = weights.sub(full.mul(weights.sum(axis=1) / full.sum(axis=1), axis=0))
    covariances = shrunk_covariances(log_returns(closes), window=PORTFOLIO_DAYS)
    volatility = covariances.volatility(weights, periods_per_year=DAYS_PER_YEAR)
    with np.errstate(divide="ignore"):
        scale = (rule.target_volatility / volatility).clip(upper=LARGEST_SCALE)
    gross = weights.abs().mul(scale, axis=0).sum(axis=1)
    scale *= (LARGEST_GROSS / gross.where(gross > 0)).clip(upper=1.0).fillna(1.0)
    enough = full.notna().sum(axis=1) >= LEAST_PAIRS
    scale = scale.where(enough)
    return Targets(weights.mul(scale, axis=0), full.mul(scale, axis=0))
