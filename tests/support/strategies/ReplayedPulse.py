"""Enters and leaves often, in both directions, with a stop on the exchange."""

import pandas as pd
from freqtrade.strategy import IStrategy


class ReplayedPulse(IStrategy):
    """Long after two rising candles, short after two falling ones; out after a while."""

    timeframe = "15m"
    can_short = True
    startup_candle_count = 20
    minimal_roi = {"0": 0.01, "120": 0.0}  # noqa: RUF012 - as strategies are written
    stoploss = -0.02
    trailing_stop = True
    trailing_stop_positive = 0.004
    trailing_stop_positive_offset = 0.006
    trailing_only_offset_is_reached = True
    order_types = {  # noqa: RUF012
        "entry": "market",
        "exit": "market",
        "stoploss": "market",
        "stoploss_on_exchange": True,
    }

    def populate_indicators(self, dataframe: pd.DataFrame, metadata: dict) -> pd.DataFrame:
        """Add the direction of the last two candles."""
        dataframe["rise"] = dataframe["close"].diff().gt(0).rolling(2).sum()
        return dataframe

    def populate_entry_trend(self, dataframe: pd.DataFrame, metadata: dict) -> pd.DataFrame:
        """Mark entries."""
        dataframe.loc[dataframe["rise"] == 2, "enter_long"] = 1
        dataframe.loc[dataframe["rise"] == 0, "enter_short"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe: pd.DataFrame, metadata: dict) -> pd.DataFrame:
        """Leave it to stop and target."""
        return dataframe
