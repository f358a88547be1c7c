"""Leaves every kind of entry in an exchange's books: parts, replaced stops, funding, both sides."""

from datetime import datetime, timedelta

import pandas as pd
from freqtrade.persistence import Trade
from freqtrade.strategy import IStrategy


class EveryBooking(IStrategy):
    """Rests limits on the near side of a thin book; trails a stop that waits on the exchange."""

    timeframe = "5m"
    can_short = True
    startup_candle_count = 30
    position_adjustment_enable = True
    minimal_roi = {"0": 0.2}  # noqa: RUF012 - as strategies are written
    stoploss = -0.05
    trailing_stop = True
    trailing_stop_positive = 0.02
    trailing_stop_positive_offset = 0.025
    trailing_only_offset_is_reached = True
    order_types = {  # noqa: RUF012
        "entry": "limit",
        "exit": "market",
        "stoploss": "market",
        "stoploss_on_exchange": True,
        "stoploss_on_exchange_interval": 60,
    }
    unfilledtimeout = {"entry": 15, "exit": 10, "unit": "minutes"}  # noqa: RUF012

    def populate_indicators(self, dataframe: pd.DataFrame, metadata: dict) -> pd.DataFrame:
        """Add the direction of the last three candles."""
        dataframe["rise"] = dataframe["close"].diff().gt(0).rolling(3).sum()
        return dataframe

    def populate_entry_trend(self, dataframe: pd.DataFrame, metadata: dict) -> pd.DataFrame:
        """Mark entries."""
        dataframe.loc[dataframe["rise"] == 3, "enter_long"] = 1
        dataframe.loc[dataframe["rise"] == 0, "enter_short"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe: pd.DataFrame, metadata: dict) -> pd.DataFrame:
        """Leave it to stop, target and `adjust_trade_position`."""
        return dataframe

    def custom_exit(
        self, pair: str, trade: Trade, current_time: datetime, *given: object, **named: object
    ) -> str | None:
        """Leave the first pair after nine hours, by a market order."""
        held = current_time - trade.open_date_utc
        return "held" if pair.startswith("LTC") and held > timedelta(hours=9) else None

    def leverage(self, pair: str, current_time: datetime, *given: object, **named: object) -> float:
        """Hold twice the stake."""
        return 2.0

    def adjust_trade_position(
        self,
        trade: Trade,
        current_time: datetime,
        current_rate: float,
        current_profit: float,
        *given: object,
        **named: object,
    ) -> float | None:
        """Take a third off at the first small profit."""
        if current_profit > 0.01 and not trade.nr_of_successful_exits:
            return -trade.stake_amount / 3
        return None
