"""Enter long after every candle: a drill needs a position, not an edge."""

import pandas as pd

from plimsoll.features import volatility
from plimsoll.strategies import FeatureUse, GuardedStrategy, Side


class AlwaysLong(GuardedStrategy):
    """Long on every pair at all times; the stop is farther away than any guard's limit.

    The config may name ``stoploss``, which bounds it: freqtrade reads that over the class's own.
    """

    timeframe = "5m"
    can_short = False
    stoploss = -0.99

    def features(self) -> list[FeatureUse]:
        return [volatility.atr.use(period=14)]

    def entry_signal(self, candles: pd.DataFrame, side: Side) -> pd.Series:
        return pd.Series(data=True, index=candles.index)

    def stop_distance(self) -> tuple[FeatureUse, float]:
        return volatility.atr.use(period=14), 10_000.0
