"""Momentum: two averages that have crossed, with the oscillator on their side."""

from dataclasses import dataclass

import pandas as pd

from plimsoll.core import Side
from plimsoll.features import FeatureUse, oscillators, trend, volatility
from plimsoll.signals.holding import begins
from plimsoll.signals.trend import trend_ended


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossRule:
    """Enter when the averages have crossed and the RSI agrees; leave when they cross back.

    The defaults are those of `MomentumCross`. Periods are candles; ``stop_atr`` is the distance of
    the stop in average true ranges of the candle before the entry.
    """

    fast: int = 20
    slow: int = 100
    rsi_period: int = 14
    level: int = 50
    atr_period: int = 14
    stop_atr: float = 3.0
    cooldown_candles: int = 0

    def features(self) -> list[FeatureUse]:
        """Return what the rule looks at."""
        return [self.gap, self.rsi, self.atr]

    @property
    def gap(self) -> FeatureUse:
        """The fast average against the slow one."""
        return trend.ema_gap.use(fast=self.fast, slow=self.slow)

    @property
    def rsi(self) -> FeatureUse:
        """The oscillator that has to agree."""
        return oscillators.rsi.use(period=self.rsi_period)

    @property
    def atr(self) -> FeatureUse:
        """What the stop is measured in."""
        return volatility.atr.use(period=self.atr_period)

    def entry(self, candles: pd.DataFrame, side: Side) -> pd.Series:
        """Return where a side is to be entered; ``candles`` with the columns of the features."""
        gap, rsi = candles[self.gap.column], candles[self.rsi.column]
        return begins(momentum_aligned(side=side, gap=gap, strength=rsi, level=self.level))

    def leave(self, candles: pd.DataFrame, side: Side) -> pd.Series:
        """Return where a side is to be left."""
        return trend_ended(side=side, gap=candles[self.gap.column])

    def stop(self) -> tuple[FeatureUse, float]:
        """Return the distance of the stop from the entry: a feature in price units, a multiple."""
        return self.atr, self.stop_atr


def momentum_aligned(*, side: Side, gap: pd.Series, strength: pd.Series, level: float) -> pd.Series:
    """Return where the fast average is beyond the slow one and the oscillator agrees.

    Parameters
    ----------
    side
        Long looks for a positive gap and a strength above ``level``, short for the mirror image.
    gap
        Fast average against the slow one, above zero in an upward trend.
    strength
        An oscillator from 0 to 100, such as the RSI.
    level
        From 0 to 100; a short needs a strength below ``100 - level``.

    Returns
    -------
    Boolean Series; False where an input is NaN.
    """
    return (gap * side.sign > 0) & ((strength - 50) * side.sign > level - 50)
