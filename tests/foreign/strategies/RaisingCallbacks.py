from datetime import datetime

import talib.abstract as ta
from pandas import DataFrame

from freqtrade.persistence import Trade
from freqtrade.strategy import IStrategy


class RaisingCallbacks(IStrategy):
    """Every callback fails now and then, as callbacks in the wild do."""

    INTERFACE_VERSION = 3
    timeframe = "5m"
    startup_candle_count = 20
    minimal_roi = {"0": 0.015, "60": 0.004}
    stoploss = -0.04
    use_custom_stoploss = True
    position_adjustment_enable = True
    asked = 0

    def _sometimes(self, every: int) -> None:
        type(self).asked += 1
        if self.asked % every == 0:
            raise KeyError(f"number {self.asked}")

    def populate_indicators(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        dataframe["mom"] = ta.MOM(dataframe, timeperiod=6)
        return dataframe

    def populate_entry_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        dataframe.loc[dataframe["mom"] > 0, "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        dataframe.loc[dataframe["mom"] < 0, "exit_long"] = 1
        return dataframe

    def bot_loop_start(self, current_time: datetime, **kwargs) -> None:
        self._sometimes(97)

    def custom_stake_amount(self, pair, current_time, current_rate, proposed_stake, **kwargs):
        self._sometimes(3)
        return proposed_stake * 0.5

    def confirm_trade_entry(self, pair: str, order_type: str, amount: float, rate: float, **kwargs):
        self._sometimes(5)
        return self.asked % 7 != 0

    def confirm_trade_exit(self, pair: str, trade: Trade, order_type: str, amount: float, **kwargs):
        self._sometimes(4)
        return self.asked % 11 != 0

    def custom_exit(self, pair: str, trade: Trade, current_time, current_rate, profit, **kwargs):
        trade.stop_loss = 0.0  # his copy, or so he hopes
        self._sometimes(6)
        return "enough" if profit > 0.008 else None

    def custom_stoploss(self, pair, trade, current_time, current_rate, current_profit, **kwargs):
        self._sometimes(9)
        return -0.03

    def adjust_trade_position(self, trade: Trade, current_time, current_rate, profit, **kwargs):
        self._sometimes(13)
        return 1 / 0 if self.asked % 17 == 0 else None

    def leverage(self, pair: str, **kwargs) -> float:
        raise ValueError("no leverage today")

    def order_filled(self, pair: str, trade: Trade, order, current_time, **kwargs) -> None:
        self._sometimes(2)
