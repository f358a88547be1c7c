"""The baseline that every strategy has to beat: buy each pair once and hold it."""

import pandas as pd

from plimsoll.strategies import FeatureUse, GuardedStrategy, Side


class BuyAndHold(GuardedStrategy):
    """Buy every pair on its first candle, with no leverage, and hold it to the end."""

    baseline = True
    timeframe = "5m"
    can_short = False
    use_custom_stoploss = False
    use_custom_roi = False
    stoploss = -0.99

    def features(self) -> list[FeatureUse]:
        return []

    def entry_signal(self, candles: pd.DataFrame, side: Side) -> pd.Series:
        return pd.Series(data=True, index=candles.index)
