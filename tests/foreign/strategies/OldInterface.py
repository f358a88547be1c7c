import talib.abstract as ta
from pandas import DataFrame
from technical import qtpylib

from freqtrade.strategy import IStrategy


class OldInterface(IStrategy):
    """Interface version 2, written years ago, which Freqtrade still takes on spot."""

    INTERFACE_VERSION = 2
    ticker_interval = "5m"
    timeframe = "5m"
    startup_candle_count = 30
    minimal_roi = {"0": 0.02, "60": 0.005}
    stoploss = -0.05
    use_sell_signal = True
    sell_profit_only = False
    ignore_roi_if_buy_signal = False

    order_types = {
        "entry": "limit",
        "exit": "limit",
        "stoploss": "market",
        "stoploss_on_exchange": False,
    }

    def populate_indicators(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        stoch = ta.STOCHF(dataframe)
        dataframe["fastd"] = stoch["fastd"]
        dataframe["fastk"] = stoch["fastk"]
        return dataframe

    def populate_buy_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        crossed = qtpylib.crossed_above(dataframe["fastk"], dataframe["fastd"])
        dataframe.loc[crossed & (dataframe["fastk"] < 40), "buy"] = 1
        dataframe.loc[crossed & (dataframe["fastk"] < 40), "buy_tag"] = "stoch"
        return dataframe

    def populate_sell_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        crossed = qtpylib.crossed_below(dataframe["fastk"], dataframe["fastd"])
        dataframe.loc[crossed & (dataframe["fastk"] > 80), "sell"] = 1
        return dataframe

    def custom_sell(self, pair, trade, current_time, current_rate, current_profit, **kwargs):
        return "old_but_gold" if current_profit > 0.012 else None
