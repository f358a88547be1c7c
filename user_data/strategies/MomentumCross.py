"""Two averages cross, and the RSI agrees."""

import pandas as pd
from freqtrade.strategy import DecimalParameter, IntParameter

from plimsoll.signals.crossing import CrossRule
from plimsoll.strategies import FeatureUse, Side, SizedStrategy

RULE = CrossRule()


class MomentumCross(SizedStrategy):
    """Enter when the fast average has crossed the slow one and the RSI is on that side.

    Leave when they cross back. The crossing does the work; the RSI changes little.
    """

    timeframe = "4h"

    fast_period = IntParameter(10, 40, default=RULE.fast, space="buy")
    slow_period = IntParameter(60, 200, default=RULE.slow, space="buy")
    rsi_level = IntParameter(45, 60, default=RULE.level, space="buy")
    stop_atr = DecimalParameter(2.0, 6.0, default=RULE.stop_atr, decimals=1, space="sell")

    @property
    def rule(self) -> CrossRule:
        return CrossRule(
            fast=self.fast_period.value,
            slow=self.slow_period.value,
            level=self.rsi_level.value,
            stop_atr=self.stop_atr.value,
        )

    def features(self) -> list[FeatureUse]:
        return self.rule.features()

    def entry_signal(self, candles: pd.DataFrame, side: Side) -> pd.Series:
        return self.rule.entry(candles, side)

    def exit_signal(self, candles: pd.DataFrame, side: Side) -> pd.Series:
        return self.rule.leave(candles, side)

    def stop_distance(self) -> tuple[FeatureUse, float]:
        return self.rule.stop()
