"""Trend following with a regime filter and an ATR bracket."""

import pandas as pd
from freqtrade.strategy import DecimalParameter, IntParameter

from plimsoll.features import trend, volatility
from plimsoll.signals.trend import trend_ended, trend_with_regime
from plimsoll.strategies import FeatureUse, GuardedStrategy, Side


class TrendFollow(GuardedStrategy):
    """Enter when a trend begins in a trending regime; stop and target are multiples of ATR.

    Sources: Brock, Lakonishok and LeBaron (1992) for the averages, Wilder (1978) for ADX and ATR.
    The bracket was not fitted to data: docs/strategies.md shows what it needs to break even.
    """

    timeframe = "5m"

    fast_period = IntParameter(8, 30, default=20, space="buy")
    slow_period = IntParameter(40, 120, default=80, space="buy")
    min_adx = IntParameter(15, 40, default=25, space="buy")
    min_atr_pct = DecimalParameter(0.0005, 0.006, default=0.0015, decimals=4, space="buy")
    tp_atr = DecimalParameter(0.75, 6.0, default=1.25, decimals=2, space="sell")
    sl_atr = DecimalParameter(0.5, 4.0, default=0.9, decimals=2, space="sell")

    def features(self) -> list[FeatureUse]:
        return [self.gap, self.slope, self.adx, self.atr, self.atr_fraction]

    @property
    def gap(self) -> FeatureUse:
        return trend.ema_gap.use(fast=self.fast_period.value, slow=self.slow_period.value)

    @property
    def slope(self) -> FeatureUse:
        return trend.ema_slope.use(period=self.slow_period.value, over=12)

    @property
    def adx(self) -> FeatureUse:
        return trend.adx.use(period=14)

    @property
    def atr(self) -> FeatureUse:
        return volatility.atr.use(period=14)

    @property
    def atr_fraction(self) -> FeatureUse:
        return volatility.atr_fraction.use(period=14)

    def entry_signal(self, candles: pd.DataFrame, side: Side) -> pd.Series:
        return trend_with_regime(
            side=side,
            gap=candles[self.gap.column],
            slope=candles[self.slope.column],
            strength=candles[self.adx.column],
            atr_fraction=candles[self.atr_fraction.column],
            min_strength=self.min_adx.value,
            min_atr_fraction=self.min_atr_pct.value,
        )

    def exit_signal(self, candles: pd.DataFrame, side: Side) -> pd.Series:
        return trend_ended(side=side, gap=candles[self.gap.column])

    def stop_distance(self) -> tuple[FeatureUse, float]:
        return self.atr, self.sl_atr.value

    def target_distance(self) -> tuple[FeatureUse, float]:
        return self.atr, self.tp_atr.value
