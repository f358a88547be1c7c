from pandas import DataFrame
import talib.abstract as ta
from technical import qtpylib

from freqtrade.strategy import IStrategy


class EmaCrossRoi(IStrategy):
    """EMA cross, a ROI table, and a trailing stop that waits for its offset."""

    INTERFACE_VERSION = 3
    timeframe = "5m"
    can_short = False
    startup_candle_count = 200
    process_only_new_candles = True

    minimal_roi = {"0": 0.03, "30": 0.015, "90": 0.006, "240": 0}
    stoploss = -0.08
    trailing_stop = True
    trailing_stop_positive = 0.004
    trailing_stop_positive_offset = 0.01
    trailing_only_offset_is_reached = True

    use_exit_signal = True
    exit_profit_only = False
    ignore_roi_if_entry_signal = True

    plot_config = {"main_plot": {"ema_fast": {"color": "red"}, "ema_slow": {"color": "blue"}}}

    def populate_indicators(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        dataframe["ema_fast"] = ta.EMA(dataframe, timeperiod=9)
        dataframe["ema_slow"] = ta.EMA(dataframe, timeperiod=21)
        dataframe["ema_200"] = ta.EMA(dataframe, timeperiod=200)
        return dataframe

    def populate_entry_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        crossed = qtpylib.crossed_above(dataframe["ema_fast"], dataframe["ema_slow"])
        dataframe.loc[
            crossed & (dataframe["close"] > dataframe["ema_200"]), ["enter_long", "enter_tag"]
        ] = (1, "ema_9_crossed_above_ema_21_while_the_close_is_above_ema_200")
        dataframe.loc[
            crossed & (dataframe["close"] <= dataframe["ema_200"]), ["enter_long", "enter_tag"]
        ] = (1, "ema_9_crossed_above_ema_21_below_the_200")
        return dataframe

    def populate_exit_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        dataframe.loc[
            qtpylib.crossed_below(dataframe["ema_fast"], dataframe["ema_slow"]),
            ["exit_long", "exit_tag"],
        ] = (1, "ema_crossed_below")
        return dataframe
