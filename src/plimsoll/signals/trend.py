"""Trend rules."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from plimsoll.core import Side
from plimsoll.features import FeatureUse, volatility
from plimsoll.features import trend as averages


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowTrendRule:
    """Enter when a trend begins in a trending regime; leave at the stop or when it ends.

    The defaults are those of `SlowTrend`. Periods are candles; ``stop_atr`` is the distance of the
    stop in average true ranges of the candle before the entry.
    """

    fast: int = 20
    slow: int = 80
    slope_over: int = 12
    adx_period: int = 14
    min_adx: int = 25
    atr_period: int = 14
    min_atr_fraction: float = 0.0015
    stop_atr: float = 3.0
    cooldown_candles: int = 3

    def features(self) -> list[FeatureUse]:
        """Return what the rule looks at."""
        return [self.gap, self.slope, self.adx, self.atr, self.atr_fraction]

    @property
    def gap(self) -> FeatureUse:
        """The fast average against the slow one."""
        return averages.ema_gap.use(fast=self.fast, slow=self.slow)

    @property
    def slope(self) -> FeatureUse:
        """The way that the slow average moves."""
        return averages.ema_slope.use(period=self.slow, over=self.slope_over)

    @property
    def adx(self) -> FeatureUse:
        """How strong the trend is."""
        return averages.adx.use(period=self.adx_period)

    @property
    def atr(self) -> FeatureUse:
        """What the stop is measured in."""
        return volatility.atr.use(period=self.atr_period)

    @property
    def atr_fraction(self) -> FeatureUse:
        """How large candles are."""
        return volatility.atr_fraction.use(period=self.atr_period)

    def entry(self, candles: pd.DataFrame, side: Side) -> pd.Series:
        """Return where a side is to be entered; ``candles`` with the columns of the features."""
        return trend_with_regime(
            side=side,
            gap=candles[self.gap.column],
            slope=candles[self.slope.column],
            strength=candles[self.adx.column],
            atr_fraction=candles[self.atr_fraction.column],
            min_strength=self.min_adx,
            min_atr_fraction=self.min_atr_fraction,
        )

    def leave(self, candles: pd.DataFrame, side: Side) -> pd.Series:
        """Return where a side is to be left."""
        return trend_ended(side=side, gap=candles[self.gap.column])

    def stop(self) -> tuple[FeatureUse, float]:
        """Return the distance of the stop from the entry: a feature in price units, a multiple."""
        return self.atr, self.stop_atr


def trend_aligned(
    *, side: Side, gap: pd.Series, slope: pd.Series, strength: pd.Series, min_strength: float
) -> pd.Series:
    """Return where both averages and the strength of the trend are on a side; NaN is False."""
    return pd.Series(
        (gap.to_numpy() * side.sign > 0)
        & (slope.to_numpy() * side.sign > 0)
        & (strength.to_numpy() >= min_strength),
        index=gap.index,
    )


def trend_with_regime(
    *,
    side: Side,
    gap: pd.Series,
    slope: pd.Series,
    strength: pd.Series,
    atr_fraction: pd.Series,
    min_strength: float,
    min_atr_fraction: float,
) -> pd.Series:
    """Return where a trend begins that has the regime on its side.

    True on the first candle at which the fast average is beyond the slow one (``gap``), the
    slow one moves that way too (``slope``), the trend is strong enough (``strength``) and the
    candles are large enough to pay for a trade (``atr_fraction``). NaN in any input is False.

    Returns
    -------
    Boolean Series on the inputs' index.
    """
    aligned = trend_aligned(
        side=side, gap=gap, slope=slope, strength=strength, min_strength=min_strength
    ).to_numpy()
    begins = aligned & ~np.concatenate([[True], aligned[:-1]])[: len(aligned)]
    return pd.Series(begins & (atr_fraction.to_numpy() >= min_atr_fraction), index=gap.index)


def trend_ended(*, side: Side, gap: pd.Series) -> pd.Series:
    """Return where the fast average has crossed back; NaN is False."""
    return gap * side.sign < 0
