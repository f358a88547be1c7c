"""TrendFollow as the research changed it: 4-hour candles, no target, sized by volatility."""

from typing import Any

import pandas as pd
from freqtrade.strategy import DecimalParameter, IntParameter

from plimsoll.signals.trend import SlowTrendRule
from plimsoll.strategies import FeatureUse, Side, SizedStrategy

RULE = SlowTrendRule()


class SlowTrend(SizedStrategy):
    """Enter when a trend begins in a trending regime; leave at a wide stop or when it ends.

    The rules of `TrendFollow`. A target is off by default: it cut the few trends that pay for
    the many small losses.
    """

    timeframe = "4h"

    fast_period = IntParameter(8, 30, default=RULE.fast, space="buy")
    slow_period = IntParameter(40, 120, default=RULE.slow, space="buy")
    min_adx = IntParameter(15, 40, default=RULE.min_adx, space="buy")
    min_atr_fraction = DecimalParameter(
        0.0005, 0.006, default=RULE.min_atr_fraction, decimals=4, space="buy"
    )
    tp_atr = DecimalParameter(0.0, 10.0, default=0.0, decimals=1, space="sell")
    sl_atr = DecimalParameter(2.0, 6.0, default=RULE.stop_atr, decimals=1, space="sell")
    trail_atr = DecimalParameter(0.0, 10.0, default=0.0, decimals=1, space="sell")
    cooldown_candles = IntParameter(1, 24, default=RULE.cooldown_candles, space="protection")

    @property
    def rule(self) -> SlowTrendRule:
        return SlowTrendRule(
            fast=self.fast_period.value,
            slow=self.slow_period.value,
            min_adx=self.min_adx.value,
            min_atr_fraction=self.min_atr_fraction.value,
            stop_atr=self.sl_atr.value,
            cooldown_candles=self.cooldown_candles.value,
        )

    def features(self) -> list[FeatureUse]:
        return self.rule.features()

    def entry_signal(self, candles: pd.DataFrame, side: Side) -> pd.Series:
        return self.rule.entry(candles, side)

    def exit_signal(self, candles: pd.DataFrame, side: Side) -> pd.Series:
        return self.rule.leave(candles, side)

    def stop_distance(self) -> tuple[FeatureUse, float]:
        return self.rule.stop()

    def strategy_protections(self) -> list[dict[str, Any]]:
        return [{"method": "CooldownPeriod", "stop_duration_candles": self.cooldown_candles.value}]

    def trailing_distance(self) -> tuple[FeatureUse, float] | None:
        return self._distance(self.trail_atr.value)

    def target_distance(self) -> tuple[FeatureUse, float] | None:
        return self._distance(self.tp_atr.value)

    def _distance(self, multiple: float) -> tuple[FeatureUse, float] | None:
        return (self.rule.atr, multiple) if multiple > 0 else None
