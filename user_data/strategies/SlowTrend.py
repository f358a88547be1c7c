"""TrendFollow as the research left it: 4-hour candles, no target, sized by volatility."""

from typing import Any

import pandas as pd
from freqtrade.strategy import DecimalParameter, IntParameter

from plimsoll.features import trend, volatility
from plimsoll.signals.trend import trend_ended, trend_with_regime
from plimsoll.strategies import FeatureUse, Side, SizedStrategy


class SlowTrend(SizedStrategy):
    """Enter when a trend begins in a trending regime; leave at a wide stop or when it ends.

    The rules of `TrendFollow`. A target is off by default: it cut the few trends that pay for
    the many small losses.
    """

    timeframe = "4h"

    fast_period = IntParameter(8, 30, default=20, space="buy")
    slow_period = IntParameter(40, 120, default=80, space="buy")
    min_adx = IntParameter(15, 40, default=25, space="buy")
    min_atr_fraction = DecimalParameter(0.0005, 0.006, default=0.0015, decimals=4, space="buy")
    tp_atr = DecimalParameter(0.0, 10.0, default=0.0, decimals=1, space="sell")
    sl_atr = DecimalParameter(2.0, 6.0, default=3.0, decimals=1, space="sell")
    trail_atr = DecimalParameter(0.0, 10.0, default=0.0, decimals=1, space="sell")
    cooldown_candles = IntParameter(1, 24, default=3, space="protection")

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
            min_atr_fraction=self.min_atr_fraction.value,
        )

    def exit_signal(self, candles: pd.DataFrame, side: Side) -> pd.Series:
        return trend_ended(side=side, gap=candles[self.features()[0].column])

    def stop_distance(self) -> tuple[FeatureUse, float]:
        return volatility.atr.use(period=14), self.sl_atr.value

    def strategy_protections(self) -> list[dict[str, Any]]:
        return [{"method": "CooldownPeriod", "stop_duration_candles": self.cooldown_candles.value}]

    def trailing_distance(self) -> tuple[FeatureUse, float] | None:
        return self._distance(self.trail_atr.value)

    def target_distance(self) -> tuple[FeatureUse, float] | None:
        return self._distance(self.tp_atr.value)

    @staticmethod
    def _distance(multiple: float) -> tuple[FeatureUse, float] | None:
        return (volatility.atr.use(period=14), multiple) if multiple > 0 else None
