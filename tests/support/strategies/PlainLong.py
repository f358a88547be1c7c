"""Enter long after every candle with nothing of ours: what a drill shows without any guard."""

from typing import Any

import pandas as pd
from freqtrade.strategy import IStrategy


class PlainLong(IStrategy):
    """Long on every pair at all times; no guard, and a stop out of reach."""

    INTERFACE_VERSION = 3
    timeframe = "5m"
    stoploss = -0.99
    minimal_roi: dict[str, float] = {}  # noqa: RUF012 - Freqtrade replaces it, never mutates it
    startup_candle_count = 20

    def populate_indicators(self, dataframe: pd.DataFrame, metadata: dict[str, Any]) -> Any:
        return dataframe

    def populate_entry_trend(self, dataframe: pd.DataFrame, metadata: dict[str, Any]) -> Any:
        return dataframe.assign(enter_long=1)

    def populate_exit_trend(self, dataframe: pd.DataFrame, metadata: dict[str, Any]) -> Any:
        return dataframe
