"""Trades every pair all the time, so that there are orders after every candle."""

import zlib

import pandas as pd
from freqtrade.strategy import IStrategy


class EveryMinute(IStrategy):
    """In for half of every round of `latency_round` minutes, each pair at minutes of its own."""

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

    @property
    def _round(self) -> int:
        return int(self.config.get("latency_round", 4))

    def _turn(self, frame: pd.DataFrame, pair: str) -> "pd.Series[int]":
        """Return each candle's place in the pair's round; all pairs share it when at once."""
        own = 0 if self.config["latency_at_once"] else zlib.crc32(pair.encode()) % self._round
        return (frame["date"].dt.minute + own) % self._round

    def populate_indicators(
        self, dataframe: pd.DataFrame, metadata: dict[str, str]
    ) -> pd.DataFrame:
        """Add what a simple strategy has: two averages and a range."""
        dataframe["turn"] = self._turn(dataframe, metadata["pair"])
        dataframe["fast"] = dataframe["close"].ewm(span=12).mean()
        dataframe["slow"] = dataframe["close"].ewm(span=26).mean()
        dataframe["range"] = (dataframe["high"] - dataframe["low"]).rolling(14).mean()
        return dataframe

    def populate_entry_trend(
        self, dataframe: pd.DataFrame, metadata: dict[str, str]
    ) -> pd.DataFrame:
        """Enter at the beginning of the round."""
        dataframe.loc[dataframe["turn"] == 0, "enter_long"] = 1
        return dataframe

    def populate_exit_trend(
        self, dataframe: pd.DataFrame, metadata: dict[str, str]
    ) -> pd.DataFrame:
        """Leave in its middle."""
        dataframe.loc[dataframe["turn"] == max(self._round // 2, 1), "exit_long"] = 1
        return dataframe
