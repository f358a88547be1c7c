from datetime import datetime

import talib.abstract as ta
from pandas import DataFrame

from freqtrade.persistence import Order, Trade
from freqtrade.strategy import IStrategy, stoploss_from_absolute


class OrderFilledState(IStrategy):
    """Keeps what it knows on the class and on the trade, and sets its stop when a fill comes."""

    INTERFACE_VERSION = 3
    timeframe = "5m"
    can_short = True
    startup_candle_count = 30
    minimal_roi = {}
    stoploss = -0.2
    use_custom_stoploss = True
    position_adjustment_enable = True
    max_entry_position_adjustment = 1

    fills: dict[str, int] = {}
    losing_pairs: set[str] = set()
    entries = 0

    def bot_start(self, **kwargs) -> None:
        type(self).fills = {}
        type(self).losing_pairs = set()
        type(self).entries = 0
        self.started = True

    def populate_indicators(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        dataframe["atr"] = ta.ATR(dataframe, timeperiod=14)
        dataframe["ema"] = ta.EMA(dataframe, timeperiod=20)
        return dataframe

    def populate_entry_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        above = dataframe["close"] > dataframe["ema"]
        dataframe.loc[above & ~above.shift(1, fill_value=True), "enter_long"] = 1
        dataframe.loc[~above & above.shift(1, fill_value=False), "enter_short"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        return dataframe

    def confirm_trade_entry(self, pair: str, order_type: str, amount: float, rate: float, **kwargs):
        type(self).entries += 1
        return not (pair in self.losing_pairs and self.entries % 3)

    def order_filled(
        self, pair: str, trade: Trade, order: Order, current_time: datetime, **kwargs
    ) -> None:
        self.fills[pair] = self.fills.get(pair, 0) + 1
        if order.ft_order_side == trade.entry_side:
            frame, _ = self.dp.get_analyzed_dataframe(pair, self.timeframe)
            trade.set_custom_data("atr_at_fill", float(frame["atr"].iat[-1]))
            trade.set_custom_data("number", self.fills[pair])
        elif trade.close_profit is not None and trade.close_profit < 0:
            self.losing_pairs.add(pair)
        else:
            self.losing_pairs.discard(pair)

    def custom_stoploss(
        self,
        pair: str,
        trade: Trade,
        current_time: datetime,
        current_rate: float,
        current_profit: float,
        after_fill: bool,
        **kwargs,
    ) -> float | None:
        atr = trade.get_custom_data("atr_at_fill")
        if not after_fill or not atr:
            return None
        side = 1 if trade.is_short else -1
        return stoploss_from_absolute(
            current_rate + side * 2.5 * atr, current_rate, is_short=trade.is_short
        )

    def custom_exit(
        self,
        pair: str,
        trade: Trade,
        current_time: datetime,
        current_rate: float,
        current_profit: float,
        **kwargs,
    ) -> str | None:
        atr = trade.get_custom_data("atr_at_fill", default=0.0)
        reached = current_profit * trade.open_rate > 3 * atr
        return f"three_atr_after_fill_{trade.get_custom_data('number')}" if reached else None

    def adjust_trade_position(
        self,
        trade: Trade,
        current_time: datetime,
        current_rate: float,
        current_profit: float,
        min_stake: float | None,
        max_stake: float,
        **kwargs,
    ):
        if current_profit > 0.006 and trade.nr_of_successful_entries == 1:
            return max_stake * 0.05, "pyramid"
        return None
