import zlib
from datetime import timedelta

import talib.abstract as ta
from pandas import DataFrame

from freqtrade.strategy import IStrategy, stoploss_from_absolute


class DrawnShape(IStrategy):
    """Whatever its config's ``shape`` asks of it; each answer is drawn from pair and moment."""

    INTERFACE_VERSION = 3
    timeframe = "5m"
    can_short = False
    startup_candle_count = 30
    minimal_roi = {"0": 0.02, "60": 0.006, "240": 0}
    stoploss = -0.05

    def __init__(self, config):
        self.shape = config.get("shape", {})
        self.can_short = self.shape.get("short", False)
        self.use_custom_stoploss = "custom_stoploss" in self.shape
        self.seen = 0
        super().__init__(config)

    @property
    def protections(self):
        return self.shape.get("protections", [])

    def lot(self, *about):
        """Return a number from 0 to 1 that is the same for the same question."""
        return zlib.crc32(repr((self.shape.get("seed"), *map(str, about))).encode()) / 2**32

    def populate_indicators(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        dataframe["rsi"] = ta.RSI(dataframe, timeperiod=7)
        dataframe["atr"] = ta.ATR(dataframe, timeperiod=14)
        return dataframe

    def populate_entry_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        edge = self.shape.get("edge", 30)
        dataframe.loc[dataframe["rsi"] < edge, ["enter_long", "enter_tag"]] = (1, "Dip_LONG")
        if self.can_short:
            high = dataframe["rsi"] > 100 - edge
            dataframe.loc[high, ["enter_short", "enter_tag"]] = (1, "peak <short>")
        return dataframe

    def populate_exit_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        dataframe.loc[dataframe["rsi"] > 65, ["exit_long", "exit_tag"]] = (1, "rsi_high")
        if self.can_short:
            dataframe.loc[dataframe["rsi"] < 35, ["exit_short", "exit_tag"]] = (1, "rsi_low")
        return dataframe

    def bot_loop_start(self, current_time, **kwargs):
        self.seen += 1

    def leverage(
        self,
        pair,
        current_time,
        current_rate,
        proposed_leverage,
        max_leverage,
        entry_tag,
        side,
        **kwargs,
    ):
        asked = self.shape.get("leverage", 1.0)
        return min(max_leverage, asked * (1 if self.lot(pair, current_time) < 0.8 else 0.5))

    def custom_stake_amount(
        self,
        pair,
        current_time,
        current_rate,
        proposed_stake,
        min_stake,
        max_stake,
        leverage,
        entry_tag,
        side,
        **kwargs,
    ):
        if (asked := self.shape.get("stake")) is None:
            return proposed_stake
        lot = self.lot("stake", pair, current_time)
        if lot < 0.03:
            raise ValueError("no stake comes to mind")
        if lot < 0.06:
            return 0
        return proposed_stake * (asked[0] + lot * (asked[1] - asked[0]))

    def custom_entry_price(
        self, pair, trade, current_time, proposed_rate, entry_tag, side, **kwargs
    ):
        off = self.shape.get("entry_off")
        if off is None:
            return proposed_rate
        return proposed_rate * (1 + off * (self.lot("entry", pair, current_time) - 0.5))

    def custom_exit_price(
        self, pair, trade, current_time, proposed_rate, current_profit, exit_tag, **kwargs
    ):
        off = self.shape.get("exit_off")
        if off is None:
            return proposed_rate
        return proposed_rate * (1 + off * (self.lot("exit", pair, current_time) - 0.5))

    def custom_stoploss(
        self, pair, trade, current_time, current_rate, current_profit, after_fill, **kwargs
    ):
        width = self.shape["custom_stoploss"]
        if current_profit > 0.01:
            return stoploss_from_absolute(
                trade.open_rate, current_rate, is_short=trade.is_short, leverage=trade.leverage
            )
        return None if self.lot("stop", current_time) < 0.1 else -width

    def custom_exit(self, pair, trade, current_time, current_rate, current_profit, **kwargs):
        hours = self.shape.get("exit_hours")
        if hours is not None and current_time - trade.open_date_utc > timedelta(hours=hours):
            return f"after_{hours}_h"
        return None

    def confirm_trade_entry(
        self, pair, order_type, amount, rate, time_in_force, current_time, entry_tag, side, **kwargs
    ):
        lot = self.lot("yes", pair, current_time)
        if lot < self.shape.get("raises", 0):
            raise RuntimeError("undecided")
        return lot > self.shape.get("refuses", 0)

    def confirm_trade_exit(
        self,
        pair,
        trade,
        order_type,
        amount,
        rate,
        time_in_force,
        exit_reason,
        current_time,
        **kwargs,
    ):
        return self.lot("leave", pair, current_time) > self.shape.get("clings", 0)

    def adjust_trade_position(
        self,
        trade,
        current_time,
        current_rate,
        current_profit,
        min_stake,
        max_stake,
        current_entry_rate,
        current_exit_rate,
        current_entry_profit,
        current_exit_profit,
        **kwargs,
    ):
        lot = self.lot("more", trade.pair, current_time)
        if trade.has_open_orders:
            return None
        if current_profit < -0.004 and trade.nr_of_successful_entries < 4 and lot < 0.5:
            return trade.stake_amount * self.shape.get("add", 0.5), "Add_MORE"
        if current_profit > 0.004 and trade.nr_of_successful_exits < 2 and lot < 0.4:
            return -trade.stake_amount * 0.4, "take_part"
        return None

    def check_entry_timeout(self, pair, trade, order, current_time, **kwargs):
        return self.lot("timeout", pair, current_time) < 0.3

    def adjust_entry_price(
        self,
        trade,
        order,
        pair,
        current_time,
        proposed_rate,
        current_order_rate,
        entry_tag,
        side,
        **kwargs,
    ):
        lot = self.lot("move", pair, current_time)
        if not self.shape.get("moves"):
            return current_order_rate
        return None if lot < 0.1 else proposed_rate if lot < 0.6 else current_order_rate

    def order_filled(self, pair, trade, order, current_time, **kwargs):
        filled = trade.get_custom_data("filled", default=0)
        trade.set_custom_data("filled", filled + 1)
