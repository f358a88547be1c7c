from datetime import datetime

import talib.abstract as ta
from pandas import DataFrame
from technical import qtpylib

from freqtrade.persistence import Trade
from freqtrade.strategy import IStrategy, stoploss_from_absolute, stoploss_from_open


class FuturesLongShort(IStrategy):
    """Both directions with three times leverage and a stop that follows the ATR."""

    INTERFACE_VERSION = 3
    timeframe = "5m"
    can_short = True
    startup_candle_count = 100
    minimal_roi = {"0": 0.25}
    stoploss = -0.15
    use_custom_stoploss = True

    order_types = {
        "entry": "market",
        "exit": "market",
        "emergency_exit": "market",
        "force_exit": "market",
        "stoploss": "market",
        "stoploss_on_exchange": False,
    }

    def populate_indicators(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        macd = ta.MACD(dataframe)
        dataframe["macd"] = macd["macd"]
        dataframe["signal"] = macd["macdsignal"]
        dataframe["atr"] = ta.ATR(dataframe, timeperiod=14)
        dataframe["adx"] = ta.ADX(dataframe, timeperiod=14)
        return dataframe

    def populate_entry_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        strong = dataframe["adx"] > 20
        above = qtpylib.crossed_above(dataframe["macd"], dataframe["signal"])
        below = qtpylib.crossed_below(dataframe["macd"], dataframe["signal"])
        dataframe.loc[above & strong, ["enter_long", "enter_tag"]] = (1, "macd_long")
        dataframe.loc[below & strong, ["enter_short", "enter_tag"]] = (1, "macd_short")
        return dataframe

    def populate_exit_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        above = qtpylib.crossed_above(dataframe["macd"], dataframe["signal"])
        below = qtpylib.crossed_below(dataframe["macd"], dataframe["signal"])
        dataframe.loc[below, "exit_long"] = 1
        dataframe.loc[above, "exit_short"] = 1
        return dataframe

    def leverage(
        self,
        pair: str,
        current_time: datetime,
        current_rate: float,
        proposed_leverage: float,
        max_leverage: float,
        entry_tag: str | None,
        side: str,
        **kwargs,
    ) -> float:
        return min(3.0 if side == "long" else 2.0, max_leverage)

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
        if current_profit > 0.03:
            return stoploss_from_open(
                0.01, current_profit, is_short=trade.is_short, leverage=trade.leverage
            )
        frame, _ = self.dp.get_analyzed_dataframe(pair, self.timeframe)
        if frame.empty:
            return None
        distance = 3 * frame["atr"].iat[-1]
        stop = current_rate + distance if trade.is_short else current_rate - distance
        return stoploss_from_absolute(
            stop, current_rate, is_short=trade.is_short, leverage=trade.leverage
        )
