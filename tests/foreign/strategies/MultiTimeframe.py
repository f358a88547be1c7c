import talib.abstract as ta
from pandas import DataFrame

from freqtrade.strategy import IStrategy, informative, merge_informative_pair


class MultiTimeframe(IStrategy):
    """Its candles, those of the hour and of four hours, and Bitcoin's."""

    INTERFACE_VERSION = 3
    timeframe = "5m"
    startup_candle_count = 60
    minimal_roi = {"0": 0.05, "120": 0.01}
    stoploss = -0.06
    trailing_stop = True

    def informative_pairs(self):
        return [(pair, "4h") for pair in self.dp.current_whitelist()]

    @informative("1h")
    def populate_indicators_1h(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        dataframe["rsi"] = ta.RSI(dataframe, timeperiod=14)
        dataframe["ema"] = ta.EMA(dataframe, timeperiod=20)
        return dataframe

    @informative("1h", "BTC/{stake}:{stake}", "btc_{column}_{timeframe}")
    def populate_indicators_btc(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        dataframe["ema_fast"] = ta.EMA(dataframe, timeperiod=10)
        dataframe["ema_slow"] = ta.EMA(dataframe, timeperiod=30)
        return dataframe

    def populate_indicators(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        slow = self.dp.get_pair_dataframe(metadata["pair"], "4h")
        slow["roc"] = ta.ROC(slow, timeperiod=6)
        dataframe = merge_informative_pair(dataframe, slow, self.timeframe, "4h", ffill=True)
        dataframe["rsi"] = ta.RSI(dataframe, timeperiod=14)
        return dataframe

    def populate_entry_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        with_bitcoin = dataframe["btc_ema_fast_1h"] > dataframe["btc_ema_slow_1h"]
        dip = (dataframe["rsi"] < 45) & (dataframe["rsi_1h"] > 45)
        dataframe.loc[dip & with_bitcoin, ["enter_long", "enter_tag"]] = (1, "dip_with_bitcoin")
        dataframe.loc[dip & ~with_bitcoin & (dataframe["roc_4h"] > 0), "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        dataframe.loc[(dataframe["rsi"] > 68) | (dataframe["rsi_1h"] < 35), "exit_long"] = 1
        return dataframe
