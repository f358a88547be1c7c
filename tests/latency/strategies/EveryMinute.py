"""Trades every pair all the time, so that there are orders after every candle."""

import zlib

import pandas as pd
from freqtrade.strategy import IStrategy


class EveryMinute(IStrategy):
    """In for `HELD` candles of every `ROUND`, each pair at minutes of its own."""

    ROUND, HELD = 6, 3

    timeframe = "1m"
    startup_candle_count = 50
    minimal_roi = {"0": 10.0}  # noqa: RUF012 - as strategies are written
    stoploss = -0.05
    order_types = {  # noqa: RUF012
        "entry": "market",
        "exit": "market",
        "stoploss": "market",
        "stoploss_on_exchange": False,
    }

    def _turn(self, frame: pd.DataFrame, pair: str) -> pd.Series:
        """Return each candle's place in the pair's round; all pairs share it when `at_once`."""
        own = 0 if self.config["latency_at_once"] else zlib.crc32(pair.encode()) % self.ROUND
        return (frame["date"].dt.minute + own) % self.ROUND

    def populate_indicators(self, dataframe: pd.DataFrame, metadata: dict) -> pd.DataFrame:
        """Add what a simple strategy has: two averages and a range."""
        dataframe["turn"] = self._turn(dataframe, metadata["pair"])
        dataframe["fast"] = dataframe["close"].ewm(span=12).mean()
        dataframe["slow"] = dataframe["close"].ewm(span=26).mean()
        dataframe["range"] = (dataframe["high"] - dataframe["low"]).rolling(14).mean()
        return dataframe

    def populate_entry_trend(self, dataframe: pd.DataFrame, metadata: dict) -> pd.DataFrame:
        """Enter at the beginning of the round."""
        dataframe.loc[dataframe["turn"] == 0, "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe: pd.DataFrame, metadata: dict) -> pd.DataFrame:
        """Leave in its middle."""
        dataframe.loc[dataframe["turn"] == self.HELD, "exit_long"] = 1
        return dataframe
