from datetime import datetime

import talib.abstract as ta
from pandas import DataFrame

from freqtrade.persistence import Trade
from freqtrade.strategy import IStrategy


class Sizing:
    """A mixin without Freqtrade in it."""

    __slots__ = ()
    fraction = 0.6

    def custom_stake_amount(self, pair: str, current_time: datetime, **kwargs) -> float:
        return kwargs["proposed_stake"] * self.fraction


class Exits:
    """A mixin with state of its own."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.exits_asked = 0

    def custom_exit(
        self, pair: str, trade: Trade, current_time: datetime, current_rate: float, *args, **kwargs
    ) -> str | bool:
        self.exits_asked += 1
        held = (current_time - trade.open_date_utc).total_seconds()
        return held > 3 * 3600 and "three_hours"

    def confirm_trade_exit(self, pair: str, trade: Trade, *args, **kwargs) -> bool:
        return super().confirm_trade_exit(pair, trade, *args, **kwargs)


class Base(IStrategy):
    """What a family of strategies shares."""

    INTERFACE_VERSION = 3
    timeframe = "5m"
    startup_candle_count = 30
    minimal_roi = {"0": 0.02}
    stoploss = -0.05
    length = 20

    def populate_indicators(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        dataframe["high_before"] = dataframe["high"].rolling(self.length).max().shift(1)
        dataframe["low_before"] = dataframe["low"].rolling(self.length).min().shift(1)
        return dataframe

    def populate_entry_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        dataframe.loc[dataframe["close"] > dataframe["high_before"], "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        dataframe.loc[dataframe["close"] < dataframe["low_before"], "exit_long"] = 1
        return dataframe

    def version(self) -> str:
        return "base 1"


class MixedIn(Sizing, Exits, Base):
    """Two mixins over a base, which it asks with `super`."""

    length = 14

    def populate_indicators(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        dataframe = super().populate_indicators(dataframe, metadata)
        dataframe["rsi"] = ta.RSI(dataframe, timeperiod=14)
        return dataframe

    def populate_entry_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        dataframe = super().populate_entry_trend(dataframe, metadata)
        dataframe.loc[dataframe["rsi"] > 78, "enter_long"] = 0
        dataframe["enter_tag"] = "breakout"
        return dataframe

    def leverage(self, *args, **kwargs) -> float:
        return 1.0 + super().leverage(*args, **kwargs) * 0.5

    def version(self) -> str:
        return super().version() + ", mixed 2"
