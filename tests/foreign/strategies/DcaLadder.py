from datetime import datetime

import talib.abstract as ta
from pandas import DataFrame

from freqtrade.persistence import Trade
from freqtrade.strategy import IStrategy


class DcaLadder(IStrategy):
    """Buys dips, buys more as they deepen, sells a third on the way up."""

    INTERFACE_VERSION = 3
    timeframe = "5m"
    startup_candle_count = 40
    minimal_roi = {"0": 0.02, "600": 0.005, "2880": -1}
    stoploss = -0.30
    use_exit_signal = False

    position_adjustment_enable = True
    max_entry_position_adjustment = 3
    max_dca_multiplier = 5.5
    ladder = (-0.01, -0.02, -0.04)

    def populate_indicators(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        dataframe["rsi"] = ta.RSI(dataframe, timeperiod=14)
        return dataframe

    def populate_entry_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        dataframe.loc[
            (dataframe["rsi"] < 38) & (dataframe["volume"] > 0), ["enter_long", "enter_tag"]
        ] = (1, "dip")
        return dataframe

    def populate_exit_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        return dataframe

    def custom_stake_amount(
        self,
        pair: str,
        current_time: datetime,
        current_rate: float,
        proposed_stake: float,
        min_stake: float | None,
        max_stake: float,
        leverage: float,
        entry_tag: str | None,
        side: str,
        **kwargs,
    ) -> float:
        # Leave room for the additions.
        return proposed_stake / self.max_dca_multiplier

    def adjust_trade_position(
        self,
        trade: Trade,
        current_time: datetime,
        current_rate: float,
        current_profit: float,
        min_stake: float | None,
        max_stake: float,
        current_entry_rate: float,
        current_exit_rate: float,
        current_entry_profit: float,
        current_exit_profit: float,
        **kwargs,
    ):
        if trade.has_open_orders:
            return None
        if current_profit > 0.01 and trade.nr_of_successful_exits == 0:
            return -(trade.stake_amount / 3), "a_third_at_one_percent"
        entries = trade.nr_of_successful_entries
        if entries > len(self.ladder) or current_profit > self.ladder[entries - 1]:
            return None
        filled = trade.select_filled_orders(trade.entry_side)
        return filled[0].stake_amount_filled * (1 + entries * 0.5), f"rung_{entries}_of_the_ladder"
