"""Two averages cross, and the RSI agrees."""

import pandas as pd
from freqtrade.strategy import DecimalParameter, IntParameter

from plimsoll.features import oscillators, trend, volatility
from plimsoll.signals.crossing import momentum_aligned
from plimsoll.signals.holding import begins
from plimsoll.signals.trend import trend_ended
from plimsoll.strategies import FeatureUse, Side, SizedStrategy


class MomentumCross(SizedStrategy):
    """Enter when the fast average has crossed the slow one and the RSI is on that side.

    Leave when they cross back. The crossing does the work; the RSI changes little.
    """

    timeframe = "4h"

    fast_period = IntParameter(10, 40, default=20, space="buy")
    slow_period = IntParameter(60, 200, default=100, space="buy")
    rsi_level = IntParameter(45, 60, default=50, space="buy")
    stop_atr = DecimalParameter(2.0, 6.0, default=3.0, decimals=1, space="sell")

    def features(self) -> list[FeatureUse]:
        return [
            trend.ema_gap.use(fast=self.fast_period.value, slow=self.slow_period.value),
            oscillators.rsi.use(period=14),
            volatility.atr.use(period=14),
        ]

    def entry_signal(self, candles: pd.DataFrame, side: Side) -> pd.Series:
        gap, rsi, _ = (candles[use.column] for use in self.features())
        return begins(
            momentum_aligned(side=side, gap=gap, strength=rsi, level=self.rsi_level.value)
        )

    def exit_signal(self, candles: pd.DataFrame, side: Side) -> pd.Series:
        return trend_ended(side=side, gap=candles[self.features()[0].column])

    def stop_distance(self) -> tuple[FeatureUse, float]:
        return volatility.atr.use(period=14), self.stop_atr.value
