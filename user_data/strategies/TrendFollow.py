"""Trend following with a regime filter and an ATR bracket (the trending_v3 idea)."""

import pandas as pd
from freqtrade.strategy import DecimalParameter, IntParameter

from plimsoll.features import trend, volatility
from plimsoll.signals.trend import trend_ended, trend_with_regime
from plimsoll.strategies import FeatureUse, GuardedStrategy, Side


class TrendFollow(GuardedStrategy):
    """Enter when a trend begins in a trending regime; stop and target are multiples of ATR.

    Idea and defaults of the last three parameters: the trending_v3 seed (take-profit 1.25 ATR,
    stop 0.9 ATR, candles of at least 0.15 % ATR); its cooldown is the risk profile's.
    """

    timeframe = "5m"

    fast_period = IntParameter(8, 30, default=20, space="buy")
    slow_period = IntParameter(40, 120, default=80, space="buy")
    min_adx = IntParameter(15, 40, default=25, space="buy")
    min_atr_pct = DecimalParameter(0.0005, 0.006, default=0.0015, decimals=4, space="buy")
    tp_atr = DecimalParameter(0.75, 6.0, default=1.25, decimals=2, space="sell")
    sl_atr = DecimalParameter(0.5, 4.0, default=0.9, decimals=2, space="sell")

    def features(self) -> list[FeatureUse]:
        return [
            trend.ema_gap.use(fast=self.fast_period.value, slow=self.slow_period.value),
            trend.ema_slope.use(period=self.slow_period.value, over=12),
            trend.adx.use(period=14),
            volatility.atr.use(period=14),
            volatility.atr_fraction.use(period=14),
        ]

    def entry_signal(self, candles: pd.DataFrame, side: Side) -> pd.Series:
        gap, slope, adx, _, atr_fraction = (candles[use.column] for use in self.features())
        return trend_with_regime(
            side=side,
            gap=gap,
            slope=slope,
            strength=adx,
            atr_fraction=atr_fraction,
            min_strength=self.min_adx.value,
            min_atr_fraction=self.min_atr_pct.value,
        )

    def exit_signal(self, candles: pd.DataFrame, side: Side) -> pd.Series:
        return trend_ended(side=side, gap=candles[self.features()[0].column])

    def stop_distance(self) -> tuple[FeatureUse, float]:
        return volatility.atr.use(period=14), self.sl_atr.value

    def target_distance(self) -> tuple[FeatureUse, float]:
        return volatility.atr.use(period=14), self.tp_atr.value
