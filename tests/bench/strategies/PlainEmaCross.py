"""Two averages cross; a stop, a target, an exit signal: what any backtesting engine can run."""

from typing import ClassVar

import pandas as pd
import talib.abstract as ta
from freqtrade.strategy import IStrategy
from technical import qtpylib


class PlainEmaCross(IStrategy):
    """Long only, without callbacks; the engines of others are given the same signals."""

    INTERFACE_VERSION = 3
    timeframe = "5m"
    can_short = False
    startup_candle_count = 200
    minimal_roi: ClassVar = {"0": 0.04}
    stoploss = -0.02
    use_exit_signal = True

    def populate_indicators(self, candles: pd.DataFrame, metadata: dict) -> pd.DataFrame:
        candles["fast"] = ta.EMA(candles, timeperiod=12)
        candles["slow"] = ta.EMA(candles, timeperiod=48)
        return candles

    def populate_entry_trend(self, candles: pd.DataFrame, metadata: dict) -> pd.DataFrame:
        candles["enter_long"] = qtpylib.crossed_above(candles["fast"], candles["slow"]) * 1
        return candles

    def populate_exit_trend(self, candles: pd.DataFrame, metadata: dict) -> pd.DataFrame:
        candles["exit_long"] = qtpylib.crossed_below(candles["fast"], candles["slow"]) * 1
        return candles
