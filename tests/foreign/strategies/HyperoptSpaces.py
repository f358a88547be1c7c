import talib.abstract as ta
from pandas import DataFrame

from freqtrade.optimize.space import Categorical, Dimension, SKDecimal
from freqtrade.strategy import (
    BooleanParameter,
    CategoricalParameter,
    DecimalParameter,
    IntParameter,
    IStrategy,
)


class HyperoptSpaces(IStrategy):
    """Parameters of each kind, protections that depend on them, and spaces of its own."""

    INTERFACE_VERSION = 3
    timeframe = "5m"
    can_short = True
    startup_candle_count = 50
    minimal_roi = {"0": 0.02, "45": 0.008, "180": 0}
    stoploss = -0.05

    buy_rsi = IntParameter(20, 48, default=42, space="buy")
    buy_length = CategoricalParameter([7, 14, 21], default=14, space="buy")
    sell_rsi = IntParameter(52, 80, default=60, space="sell")
    sell_slack = DecimalParameter(0.0, 3.0, decimals=1, default=1.0, space="sell")
    with_trend = BooleanParameter(default=False, space="buy")
    cooldown = IntParameter(0, 12, default=2, space="protection", optimize=True)
    use_guard = BooleanParameter(default=True, space="protection", optimize=True)

    buy_params = {"buy_rsi": 44}
    sell_params = {"sell_rsi": 58}

    @property
    def protections(self):
        asked = [{"method": "CooldownPeriod", "stop_duration_candles": self.cooldown.value}]
        if self.use_guard.value:
            asked.append(
                {
                    "method": "StoplossGuard",
                    "lookback_period_candles": 48,
                    "trade_limit": 3,
                    "stop_duration_candles": 12,
                    "only_per_pair": False,
                }
            )
        return asked

    class HyperOpt:
        def stoploss_space() -> list[Dimension]:
            return [SKDecimal(-0.12, -0.02, decimals=3, name="stoploss")]

        def trailing_space() -> list[Dimension]:
            return [
                Categorical([True], name="trailing_stop"),
                SKDecimal(0.003, 0.02, decimals=3, name="trailing_stop_positive"),
                SKDecimal(0.001, 0.02, decimals=3, name="trailing_stop_positive_offset_p1"),
                Categorical([True, False], name="trailing_only_offset_is_reached"),
            ]

    def populate_indicators(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        for length in self.buy_length.range:
            dataframe[f"rsi_{length}"] = ta.RSI(dataframe, timeperiod=length)
        dataframe["ema"] = ta.EMA(dataframe, timeperiod=50)
        return dataframe

    def populate_entry_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        rsi = dataframe[f"rsi_{self.buy_length.value}"]
        long, short = rsi < self.buy_rsi.value, rsi > 100 - self.buy_rsi.value
        if self.with_trend.value:
            long &= dataframe["close"] > dataframe["ema"]
            short &= dataframe["close"] < dataframe["ema"]
        dataframe.loc[long, "enter_long"] = 1
        dataframe.loc[short, "enter_short"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        rsi = dataframe[f"rsi_{self.buy_length.value}"]
        limit = self.sell_rsi.value + self.sell_slack.value
        dataframe.loc[rsi > limit, "exit_long"] = 1
        dataframe.loc[rsi < 100 - limit, "exit_short"] = 1
        return dataframe
