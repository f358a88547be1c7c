"""A producer: it wants to be long after every candle, and says so on the message bus."""

import pandas as pd
from freqtrade.strategy import IStrategy


class SentSignal(IStrategy):
    """Counts candles; its config lets it open nothing."""

    INTERFACE_VERSION = 3
    timeframe = "1m"
    stoploss = -0.5
    minimal_roi = {"0": 10}  # noqa: RUF012 - Freqtrade's own shape

    def populate_indicators(self, dataframe: pd.DataFrame, metadata: dict) -> pd.DataFrame:
        dataframe["strength"] = dataframe["close"].pct_change().fillna(0.0).abs() + 1.0
        return dataframe

    def populate_entry_trend(self, dataframe: pd.DataFrame, metadata: dict) -> pd.DataFrame:
        dataframe["enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe: pd.DataFrame, metadata: dict) -> pd.DataFrame:
        return dataframe
