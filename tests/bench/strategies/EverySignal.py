"""A strategy that wants to enter every pair on every candle, with a stop and a target."""

import pandas as pd

from plimsoll.features import trend, volatility
from plimsoll.strategies import FeatureUse, GuardedStrategy, Side

ATR = volatility.atr.use(period=14)
USED = [trend.ema_gap.use(fast=20, slow=80), trend.adx.use(period=14), ATR]


class EverySignal(GuardedStrategy):
    """The most that a whitelist can ask of the guards in one loop."""

    timeframe = "5m"
    can_short = False

    def features(self) -> list[FeatureUse]:
        return USED

    def entry_signal(self, candles: pd.DataFrame, side: Side) -> pd.Series:
        return candles["close"] > 0

    def stop_distance(self) -> tuple[FeatureUse, float]:
        return ATR, 3.0

    def target_distance(self) -> tuple[FeatureUse, float]:
        return ATR, 6.0
