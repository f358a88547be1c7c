"""The baseline of cost and speed: never trade."""

import pandas as pd

from plimsoll.strategies import FeatureUse, GuardedStrategy, Side


class NoTrade(GuardedStrategy):
    """Look at every candle and never enter: what the engine alone costs."""

    timeframe = "5m"

    def features(self) -> list[FeatureUse]:
        return []

    def entry_signal(self, candles: pd.DataFrame, side: Side) -> pd.Series:
        return pd.Series(data=False, index=candles.index)
